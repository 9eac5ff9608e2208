"""Gateway processes: they hold the sockets, the server behind them decides.

One Python process takes some 20,000 sockets and one core. A gateway takes connections, speaks HTTP
and WebSocket to the network, and carries every request as what it is inside, an ASGI conversation,
over one unix socket to the process that owns the workspace. Nothing is decided, kept or known here:
who may speak, sessions, what is offered and what is durable stay with the owner, so a gateway can
die at any time and costs its sockets a reconnect.

- ``link``: many streams over one unix socket, each with its own window.
- ``front``: the gateway's end, an ASGI application.
- ``back``: the owner's end, which runs the real application for each stream.
"""
