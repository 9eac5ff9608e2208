"""Calls the Lua scripts beside this file and turns the server's refusals into the ports' troubles.

The scripts belong to the application, not to the server: they are sent by hash, and in full when
the server has forgotten them. MUST call a refusal definite only if it is certain that no script
ran.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from app.adapters.redis.link import Link, Refused
from app.ports import StoreUnavailable, StoreUncertain

# The server answers with these instead of running a script, and every script of ours checks
# before it writes. Any other error may come from the middle of a script.
_NOT_RUN = frozenset(
    {
        "READONLY", "OOM", "MISCONF", "LOADING", "BUSY", "NOREPLICAS", "MASTERDOWN",
        "CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN", "NOAUTH", "NOPERM", "NOSCRIPT",
    }
)  # fmt: skip


@dataclass(slots=True, frozen=True)
class Script:
    """A Lua script and the hash the server knows it by."""

    source: bytes
    sha: bytes

    @classmethod
    def load(cls, name: str) -> Script:
        """Read ``<name>.lua`` from this package."""
        source = resources.files(__package__).joinpath(f"{name}.lua").read_bytes()
        return cls(source, hashlib.sha1(source, usedforsecurity=False).hexdigest().encode())


async def run(link: Link, script: Script, keys: list[str], *args: bytes) -> list[str]:
    """Run ``script`` once and return the words of its answer.

    Raises StoreUnavailable (it did not run), StoreUncertain (it may have run).
    """
    operands = (b"%d" % len(keys), *(key.encode() for key in keys), *args)
    try:
        try:
            answer = await link.call(b"EVALSHA", script.sha, *operands)
        except Refused as refused:
            if refused.code != "NOSCRIPT":
                raise
            answer = await link.call(b"EVAL", script.source, *operands)
    except Refused as refused:
        trouble = StoreUnavailable if refused.code in _NOT_RUN else StoreUncertain
        raise trouble(str(refused)) from refused
    return (answer or b"").decode().split()
