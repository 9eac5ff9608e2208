"""No garbage collection while a whole state is made: nothing of it is garbage.

Building millions of objects makes the collector look at all of them again and again; for a large
workspace that is half of the time of a start. What was set apart is never freed by itself: who
gives a state up MUST say so.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

MANY = 100_000
"""Objects; fewer are looked at in a few milliseconds."""
_apart = {"a state": False}
"""Whether something was set apart here: others do so, too, with what is never given up."""


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Pause the collector for the block; if much was made, it is set apart from later looks.

    Where somebody else has paused it, nothing is done.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
            _apart["a state"] = True
        gc.enable()


def free_given_up() -> None:
    """Free a state that was set apart, if there is one and nobody holds it any more.

    It takes seconds for a very large one: call it while nothing is owned.
    """
    if gc.isenabled() and _apart["a state"]:
        _apart["a state"] = False
        gc.unfreeze()
        gc.collect()
