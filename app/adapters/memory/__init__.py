"""A store in this process's memory: every rule of the ports, no durability.

For demonstrations, simulations and tests. It is shipped because the shell's own tests and the
simulator are built on it, and the contract suite holds it to the same answers as a real server.
"""

from app.adapters.memory.disk import MemoryDisk
from app.adapters.memory.faults import Fault, Faults
from app.adapters.memory.store import MemoryStore

__all__ = ["Fault", "Faults", "MemoryDisk", "MemoryStore"]
