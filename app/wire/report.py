"""The draft of a post-mortem in Markdown: what a team starts from when an incident is over.

Told from the incident's own record and from the log around it (``report_log``). MUST NOT hold a
customer's words: ids only, and of evidence about conversations nothing but ids, numbers and the
like. MUST NOT judge: what people have to find out is a question in the list of what to check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.domain.engine import Engine
from app.domain.events import Event
from app.domain.state import Incident
from app.domain.words import MS_PER_DAY
from app.wire.causes import cause_words
from app.wire.fields import ID_CHARS
from app.wire.report_log import Line, told

STEPS_MAX: Final = 100
DONE: Final = {
    "repaired": "Repaired",
    "escalated": "Called a person",
    "acknowledged": "Acknowledged",
    "noted": "Noted",
    "resolved": "Over",
    "seen_again": "Seen again",
}
OF_THE_SERVER: Final = frozenset(
    {
        "no_owner",
        "two_owners",
        "clock_jump",
        "loop_blocked",
        "store_trouble",
        "board_stale",
        "lost_tail",
        "overload",
    }
)
"""Causes whose evidence is the server's own words, as a stack, and knows no customer."""
LEFT_OUT: Final = "(text left out)"
MS_PER_MIN: Final = 60_000


def incident_report(
    engine: Engine,
    id_: str,
    events: Sequence[tuple[object, Event]],
    now: int,
    *,
    whole: bool,
) -> str:
    """The report on one incident; ``events`` (log position, event) are those around it.

    ``whole``: nothing of its time is missing among them. Raises KeyError when it is unknown.
    """
    incident = engine.state.incidents[id_]
    words = cause_words(incident.cause)
    log = told(engine.state, incident, events)
    steps = incident.steps[:STEPS_MAX]
    sections: list[tuple[str, Iterable[str]]] = [
        ("Summary", _summary(engine, incident, now)),
        ("Impact", _impact(engine, incident, now)),
        ("Timeline (UTC)", _timeline(incident, log.lines, log.left_off, whole)),
        ("Cause", _cause(incident)),
        ("What was done", [_done(step.at, step.step, step.text, step.by) for step in steps]),
        ("What to check", [f"- {one}" for one in words.check] or ["- The server's log."]),
        ("Follow-ups", _follow_ups(incident)),
    ]
    lines = [f"# Incident {id_}: {words.title}", ""]
    lines += [f"> Draft, written by Interlock at {utc(now)} from its own log. Times are UTC."]
    for title, body in sections:
        lines += ["", f"## {title}", "", *(list(body) or ["Nothing."])]
    return "\n".join(lines) + "\n"


def utc(at: int) -> str:
    """An instant for people, to the millisecond."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def plain(text: str) -> str:
    """A text on one line that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*[]<>|#" else sign for sign in " ".join(text.split()))


def lasted(ms: int) -> str:
    """A duration for people."""
    if ms < MS_PER_MIN:
        return f"{ms / 1000:.1f} s"
    minutes = ms / MS_PER_MIN
    return f"{minutes:.1f} min" if ms < MS_PER_DAY // 24 else f"{minutes / 60:.1f} h"


def _summary(engine: Engine, incident: Incident, now: int) -> Iterator[str]:
    yield plain(incident.text)
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| State | {'resolved' if incident.resolved_at else '**still open**'} |"
    yield f"| Cause | `{incident.cause}` |"
    yield f"| Workspace | `{engine.state.workspace}` |"
    for name in ("queue", "conversation", "agent"):
        about = getattr(incident, name)
        if about is not None:
            yield f"| {name.title()} | `{about}` |"
    yield f"| Began | {utc(incident.since)} |"
    waited = lasted(max(0, incident.opened_at - incident.since))
    yield f"| Found | {utc(incident.opened_at)} ({waited} later) |"
    if incident.resolved_at:
        yield f"| Over | {utc(incident.resolved_at)} |"
    over_at = incident.resolved_at or now
    so_far = "" if incident.resolved_at else " so far"
    yield f"| Lasted | {lasted(max(0, over_at - incident.since))}{so_far} |"
    yield f"| Looked after by | {plain(incident.acknowledged_by) or 'nobody yet'} |"


def _impact(engine: Engine, incident: Incident, now: int) -> Iterator[str]:
    span = f"from {utc(incident.since)} to "
    if incident.resolved_at:
        minutes = incident.waited_ms / MS_PER_MIN
        yield f"- Customers hit: **{incident.conversations}**, {span}{utc(incident.resolved_at)}."
        yield f"- They waited **{minutes:.1f} minutes** together because of it."
        if incident.conversations:
            each = lasted(incident.waited_ms // incident.conversations)
            yield f"- On average {each} for each of them."
        return
    yield f"- Still going on, {span}now ({utc(now)})."
    if incident.queue is not None:
        waiting = engine.waiting_count(incident.queue)
        oldest_at = engine.oldest_waiting_at(incident.queue)
        longest = "" if oldest_at is None else f", the longest for {lasted(now - oldest_at)}"
        yield f"- Waiting in the queue now: **{waiting}**{longest}."
    elif incident.conversation is not None:
        yield "- Customers hit: **1**."
    yield "- Customers and minutes are counted when it is over."


def _timeline(incident: Incident, log: Iterable[Line], left_off: int, whole: bool) -> Iterator[str]:
    own = [
        (incident.since, "", "**Began** (as far as the records tell)"),
        (incident.opened_at, "", f"**Found**: {plain(incident.text)}"),
        *(
            (
                one.at,
                "",
                f"**{DONE.get(one.step, one.step)}** by {plain(one.by)}: {plain(one.text)}",
            )
            for one in incident.steps[:STEPS_MAX]
        ),
    ]
    # At the same instant the log goes first: it is what was found, or what a step did.
    lines = sorted([*own, *log], key=lambda line: (line[0], not line[1]))
    for at, position, text in lines:
        place = f" `{position}`" if position else ""
        yield f"- {utc(at)}{place} {text}"
    more = len(incident.steps) - STEPS_MAX
    if more > 0:
        yield f"- … {more} more steps: `GET /v1/incidents/{incident.id}`"
    if left_off:
        yield f"- … {left_off} more events of this kind are in the log."
    if not whole:
        yield ""
        yield "The log around it is not told in full: it was too long, or is trimmed already."


def _cause(incident: Incident) -> Iterator[str]:
    words = cause_words(incident.cause)
    yield f"`{incident.cause}`: {words.title}."
    if words.means:
        yield ""
        yield words.means
    if incident.evidence:
        yield ""
        yield "Evidence:"
        yield ""
        for name, value in incident.evidence.items():
            yield f"- {plain(name)}: {shown(value, incident.cause in OF_THE_SERVER)}"


def shown(value: Any, own_words: bool = False) -> str:
    """Evidence without what could be a customer's words, unless it is in the server's own."""
    if isinstance(value, bool | int | float) or value is None:
        return f"`{value}`"
    if isinstance(value, Mapping):
        pairs = (f"{shown(key)} {shown(one, own_words)}" for key, one in value.items())
        return ", ".join(pairs) or "`{}`"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ", ".join(shown(one, own_words) for one in value) or "`[]`"
    text = str(value)
    if own_words:
        return plain(text)
    return f"`{text}`" if ID_CHARS.fullmatch(text) else LEFT_OUT


def _done(at: int, step: str, text: str, by: str) -> str:
    who = "automatically" if by in ("system", "watchdog") else f"by {plain(by)}"
    said = f": {plain(text)}" if text else ""
    return f"- {utc(at)} **{DONE.get(step, plain(step))}** {who}{said}"


def _follow_ups(incident: Incident) -> Iterator[str]:
    words = cause_words(incident.cause)
    if not incident.resolved_at:
        yield "- [ ] It is still open: see that it ends."
    if not incident.acknowledged_by:
        yield "- [ ] Name somebody who looks after it."
    for one in words.follow_ups:
        yield f"- [ ] {one}"
    yield "- [ ] Write down what started it, in a sentence that the people hit would understand."
    yield "- [ ] Tell the customers who were hit, if that is owed to them."
    yield f"- [ ] Was it found fast enough? It took {_detection(incident)}."
    yield "- [ ] What would have made it impossible? Owner and date:"


def _detection(incident: Incident) -> str:
    return lasted(max(0, incident.opened_at - incident.since))
