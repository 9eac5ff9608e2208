"""The causes of incidents in words: what each means, what to look at, what to do about it later.

MUST name every cause of ``domain.watch`` (a test counts them); an unknown one is told by its code.
``board`` is how a queue with such an open incident stands there. Without a queue of its own, a
cause that is ``everywhere`` concerns all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OTHER: Final = "other"
"""The label under which causes without words are counted."""


@dataclass(frozen=True, slots=True)
class CauseWords:
    """One cause, for people."""

    title: str
    means: str
    check: tuple[str, ...]
    follow_ups: tuple[str, ...]
    board: str = "stalled"
    everywhere: bool = False


CAUSES: Final[dict[str, CauseWords]] = {
    "poison_head": CauseWords(
        "One conversation stopped its queue",
        "The matcher failed again and again on the same conversation. It was to be set aside, so "
        "that those behind it go on.",
        (
            "What is special about the conversation: GET /v1/conversations/{id}.",
            "The stack in the server's log at the time of the first failure.",
        ),
        (
            "Keep the conversation's record as a test of the matcher.",
            "Put it back (POST /v1/quarantine/{id}/requeue) or serve it by hand.",
        ),
    ),
    "lost_wake_up": CauseWords(
        "Somebody waited although an agent could take it",
        "A waiting conversation and an able agent stood side by side and no offer was made: the "
        "server was not looking. Looking at the whole queue anew is the repair.",
        (
            "Whether it found a match more than once: then it is a bug, not chance.",
            "What changed just before: configuration, presences, a takeover.",
        ),
        (
            "File a bug with this report: a wake-up must never be lost.",
            "Check that nobody of those who waited was forgotten.",
        ),
    ),
    "orphan_reservation": CauseWords(
        "A conversation or an agent was held for nothing",
        "An offer outlived its deadline, or a conversation was held for an offer that did not "
        "exist. Expiring it returns the conversation to its place, without blame for the agent.",
        (
            "Whether the same conversation was hit before.",
            "Whether the server stood still at the deadline (clock, loop, store).",
        ),
        ("File a bug with this report if the server was well at the time.",),
    ),
    "ghost_agent": CauseWords(
        "An agent was called reachable and was not",
        "No answer came from the agent's page although the socket was there, or a send to it "
        "blocked. Offers to it were taken back; what it holds stays with it.",
        (
            "The agent's machine and network: sleep, a proxy that buffers, a frozen browser.",
            "Whether many agents were hit at once: then it is our network.",
        ),
        ("Ask the agent to reload the page; renew the browser or the proxy's settings.",),
        board="degraded",
    ),
    "leaked_capacity": CauseWords(
        "An agent's load was kept wrong",
        "The load that was kept differed from what the agent's offers and conversations add up "
        "to. The recount wins.",
        ("Both values in the evidence: which channel, in which direction.",),
        (
            "File a bug with this report: a leak is always one.",
            "Check whether the agent was left idle, or loaded above the capacity.",
        ),
        board="degraded",
    ),
    "no_owner": CauseWords(
        "Nobody decided for the workspace",
        "The lease lapsed or nothing was written for too long: no node owned the workspace. Any "
        "node that is there takes over.",
        (
            "Whether the node died, was frozen, or lost the store.",
            "How often it was taken over: more than 3 times in 5 minutes is a fight.",
        ),
        ("Find out why the takeover took as long as it did.",),
        everywhere=True,
    ),
    "two_owners": CauseWords(
        "Two nodes thought that they owned the workspace",
        "A write was refused because another node had taken over. The loser forgets what it "
        "knew and sends its clients away; nothing of it was written.",
        (
            "Which two nodes: is one configured twice, or restored from an image?",
            "Whether the refused write names records that nobody knows.",
        ),
        ("Make sure that each node is started once.",),
        board="degraded",
        everywhere=True,
    ),
    "clock_jump": CauseWords(
        "The clock jumped, or the process stood still",
        "Time passed that nobody could use. Deadlines of open offers were moved by the gap.",
        (
            "Time synchronisation of the machine; whether it was suspended or migrated.",
            "CPU limits of the container, and the load beside it.",
        ),
        ("Slew the clock instead of stepping it; do not suspend the machine in service.",),
        board="degraded",
        everywhere=True,
    ),
    "loop_blocked": CauseWords(
        "The server's event loop was blocked",
        "One piece of work kept the process from everything else. The stacks at that moment are "
        "in the server's log.",
        (
            "The stacks in the server's log.",
            "CPU and memory of the machine: was it starved or swapping?",
        ),
        ("File a bug with the stacks.", "Give the server a core of its own."),
        board="degraded",
        everywhere=True,
    ),
    "store_trouble": CauseWords(
        "The store was slow, away, or refused to write",
        "Without the store nothing is decided, so that nobody is told what a crash could take "
        "back. Sockets stay, and deadlines are moved by the time it was away.",
        (
            "The store's own log and memory: OOM, MISCONF, READONLY, BUSY.",
            "Disk latency, if it writes through to the disk.",
            "A failover that was going on.",
        ),
        (
            "Set an alert on the store itself, ahead of this one.",
            "Check the size of its memory and disk against a week of growth.",
        ),
        board="degraded",
        everywhere=True,
    ),
    "nobody_can_serve": CauseWords(
        "Nobody could ever take it",
        "No member of the queue has what the conversation asks for. That is configuration or "
        "staffing; it is never repaired by itself.",
        (
            "GET /v1/conversations/{id}/explain: which skill, which channel, which level.",
            "Whether a recent change took a member or a skill away.",
        ),
        (
            "Give the queue a member who can, or move the conversation.",
            "Read the warnings that a PUT of the queue answers.",
        ),
        board="starved",
    ),
    "ping_pong": CauseWords(
        "Offered again and again, taken by nobody",
        "The same conversation went round its agents without being accepted.",
        (
            "The reasons that the agents gave.",
            "Whether the conversation is in the right queue.",
        ),
        ("Assign it by hand; look at the decline reasons with the team.",),
        board="degraded",
    ),
    "encoding_mismatch": CauseWords(
        "A record did not say what it should",
        "Stored bytes could not be read, or an offer contradicted the record that it came from. "
        "It was not sent; what was hit is set aside, never guessed at.",
        (
            "GET /v1/quarantine: what was set aside, and why.",
            "Which version wrote the record: a deployment just before?",
            "`interlock format check` over the whole log.",
        ),
        (
            "Do not finalize a new format before this is understood.",
            "Keep the record as a test of the reader.",
            "Decide about each item in quarantine.",
        ),
    ),
    "board_stale": CauseWords(
        "The board or the figures were old",
        "What was shown lagged behind what was decided. Deciding itself was not hit.",
        ("CPU of the server and of the follower process.", "How many boards were open."),
        ("Check whether anybody acted on old figures.",),
        board="degraded",
        everywhere=True,
    ),
    "lost_tail": CauseWords(
        "The store lost records that it had acknowledged",
        "The log ended before what was known to be written. What memory still held was written "
        "again; anything older than that is lost.",
        (
            "The store's durability (fsync, replicas) and what failed over when.",
            "From which position to which: see the evidence.",
        ),
        (
            "Use fsync always, or wait for a replica (redis.replicas).",
            "Compare with the systems that send conversations: are all there?",
        ),
        everywhere=True,
    ),
    "limbo": CauseWords(
        "A state had nothing that would end it",
        "Something waited for an instant that was never set, or had passed. It was given a "
        "deadline.",
        ("The conversation's timeline: which step left no deadline?",),
        ("File a bug with this report: every state that waits must have a deadline.",),
    ),
    "mass_timeout": CauseWords(
        "Many offers ran out at the same moment",
        "That is not the agents' doing: most likely they could not see or answer. They are not "
        "to be sent away or blamed for it.",
        (
            "The server's and the network's health at that instant.",
            "Whether agents were set to away by the rule no_answer.",
        ),
        ("Put agents back who were sent away.", "Find out what kept them from answering."),
        board="degraded",
        everywhere=True,
    ),
    "overload": CauseWords(
        "More came in than could be done",
        "Work was shed: reads first, then new conversations with 503, offers and accepts last.",
        (
            "interlock_commands_total by type: who sends so much?",
            "Retries of a client without backing off.",
        ),
        ("Slow the sender down, or give the server a faster core.",),
        board="degraded",
        everywhere=True,
    ),
}
_UNKNOWN: Final = CauseWords("Something is wrong", "", (), (), board="degraded")


WATCHERS: Final[dict[str, CauseWords]] = {
    "auditor_silent": CauseWords(
        "The auditor says nothing",
        "The second process that checks the log has not been heard of: its verdict is missing, not "
        "bad. The server itself goes on.",
        ("The lines of the follower in the server's log.", "Memory and CPU of the machine."),
        ("Keep what ended it as a test, if it was a fault of ours.",),
        board="degraded",
        everywhere=True,
    ),
    "auditor_": CauseWords(
        "The auditor found a rule broken",
        "A model that shares nothing with the engine read the log and disagrees with what was "
        "done. One of the two is wrong.",
        ("The rule and its evidence below.", "The log around it: interlock format export."),
        ("File a bug with this report: the log replays it.",),
        board="degraded",
    ),
    "canary_late": CauseWords(
        "The canary was offered late",
        "A conversation of the server's own took too long from entering to its offer on a socket: "
        "so may everybody's.",
        ("Appends: interlock_append_seconds.", "The event loop: interlock_loop_lag_seconds."),
        ("Find what the machine or the store was busy with.",),
        board="degraded",
        everywhere=True,
    ),
}
"""Causes that those who watch the watchdog report; ``auditor_`` stands for any rule of it."""


def cause_words(code: str) -> CauseWords:
    """The words for a cause, whether it is known or not."""
    known = CAUSES.get(code) or WATCHERS.get(code)
    if known is None and code.startswith("auditor_"):
        known = WATCHERS["auditor_"]
    return known or _UNKNOWN


def cause_label(code: str) -> str:
    """The code as a label of metrics: one of a fixed set."""
    return code if code in CAUSES else OTHER
