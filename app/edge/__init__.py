"""Speaks to the outside: sockets, HTTP, identity, health and static files.

MUST NOT touch the store or decide about offers: it checks who speaks, hands commands to the router,
and shows what the router lets out.
"""
