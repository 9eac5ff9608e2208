"""Reporters: causes of stalls that the state does not show, seen from where the work is done.

Each looks at one thing (sockets, the store, time, the owner, the board, the inbox) and tells the
watchdog in its words. MUST NOT repair anything: what is safe is the watchdog's or is done already.
"""

from app.shell.reporters.hearing import Hearing
from app.shell.reporters.watch import Reporters

__all__ = ["Hearing", "Reporters"]
