"""Which sign-ins still count, and how one ends for good.

The edge knows tokens, the log knows what was ended: this module is between them, so that neither
learns the other's words. MUST NOT hold anything: what is ended is in the state of the router.
"""

from __future__ import annotations

from typing import Final

from app.domain import commands as c
from app.domain.refusals import Refusal
from app.domain.state import State
from app.domain.supervision import agent_sign_out, is_signed_out
from app.shell.inbox import answer_to
from app.shell.router import Router
from app.shell.work import Done, OutcomeUnknown

PATIENCE_MS: Final = 5_000


def is_over(state: State, login: str, agent: str | None, since: int) -> bool:
    """Whether a sign-in was ended: this one ('' has no name), or all of the agent's until then.

    ``since`` (ms): when it began.
    """
    return is_signed_out(state, login, agent, since)


def begins_at(state: State, agent: str | None, now: int) -> int:
    """The instant at which a new sign-in begins: never at that of a sign-out before it.

    The log's clock may be a little ahead of this machine's.
    """
    ended = agent_sign_out(state, agent) if agent is not None else None
    return now if ended is None else max(now, ended.at + 1)


async def end_login(router: Router, login: str, key: str, until: int, by: str) -> None:
    """Write down that a sign-in, which would last until ``until``, is over.

    A stored format that cannot say it leaves it to the memory of this process. Raises Trouble:
    OutcomeUnknown when it waits for the store, which it then does without the caller.
    """
    away = OutcomeUnknown("the store is away; it is written down when it is back")

    def post(done: Done) -> None:
        router.post(c.EndLogin(login, key, until, by), done, lambda: done(away))

    answer = await answer_to(post, PATIENCE_MS)
    assert answer.refusal is None or answer.refusal.code is Refusal.NOT_IN_FORMAT
