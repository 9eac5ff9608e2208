"""No garbage collection while a whole state is made: nothing of it is garbage.

Building millions of objects makes the collector look at all of them again and again; for a large
workspace that is half of the time of a start.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Pause the collector for the block; what was made in it is set apart from later looks."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
