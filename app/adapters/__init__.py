"""Fulfils ``app.ports``: memory, Redis, the embedded server and the machine's clock.

An adapter knows the domain, the ports and its own library. It MUST NOT import the shell, the edge
or another adapter; only the composition root chooses between them.
"""
