"""Python clients of the public protocol: an SDK, simulated agents, the replay of a day, the demo.

They know the server only as any stranger would: by its HTTP and WebSocket interfaces. MUST NOT
import the domain, the shell, an adapter or the edge, so that what works here works for an outside
client too.
"""
