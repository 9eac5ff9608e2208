"""Every cause of a stall, planted in a running node and held to its bound.

The fault ports are here and only here: they reach into the memory, the disk and the rules of nodes
that the campaign made itself. MUST judge by plain scans and by the log, never by the watchdog's
word alone, and MUST hold each trial against a twin without the fault.
"""

from app.campaign.stalls.campaign import CAUSES, Result, healthy, mutants, planted

__all__ = ["CAUSES", "Result", "healthy", "mutants", "planted"]
