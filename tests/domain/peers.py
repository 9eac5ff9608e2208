"""The collection of what other routing servers do: what is not played, and where they differ.

MUST NOT quote the collection, which is not part of this repository; the numbers are its own.
"""

from __future__ import annotations

from tests.domain.workbench import Workbench

ROOMY = {"capacity": {"chat": 50}}

NOT_PLAYED = {
    18: "a transfer is cold: who hands it on has let it go, so there is nothing to take back",
    22: "nobody wishes for a place: priority and age make the line",
    72: "talk time of agents is not counted; fewest_accepted and least_loaded are the even ones",
    124: "nobody is served less often for having been served: no rate of an agent is limited",
    126: "nobody is served less often for having been served: no rate of an agent is limited",
    150: "a list with filters belongs to the board",
    158: "the service level counts the clock on the wall; hours shut the door and stop no clock",
    160: "the service level counts the clock on the wall; hours shut the door and stop no clock",
    162: "the service level counts the clock on the wall; hours shut the door and stop no clock",
    164: "the service level counts the clock on the wall; hours shut the door and stop no clock",
    166: "the service level counts the clock on the wall; hours shut the door and stop no clock",
}
"""Scenario -> why it is not played."""

CHOICES = {
    14: (
        "Does an agent have a version that an offer raises?",
        "No: versions count configuration, and an offer names the one it was made under. "
        "What orders events for clients is the number in the session and the position in the log",
    ),
    42: (
        "Does the longest wait cut an offer short?",
        "No: an offer that is out runs its time; when it ends unaccepted the rule acts at once",
    ),
    44: (
        "Is wrap-up counted per queue?",
        "No: it keeps its units over all queues, for it is the person who wraps up",
    ),
    50: (
        "Does a missed offer send the agent away from that queue only?",
        "No: presence is of the person, in every queue",
    ),
    84: (
        "Is an agent spared for some time after an assignment?",
        "No: the reservation is enough; equal loads are decided by idleness",
    ),
    104: (
        "Nobody has the skill: does anybody get it?",
        "No: a skill is asked for, until a ring relaxes it",
    ),
    148: (
        "Does the text that somebody set beside the presence count?",
        "No: presence decides; the text is for people",
    ),
}
"""Scenario in which products differ -> the question, and what we do."""


def team(bench: Workbench, *names: str, strategy: str = "longest_idle", **parts: object) -> None:
    """Staff one queue."""
    bench.queue(offer={"strategy": strategy})
    for name in names:
        bench.staff(name, **(parts or ROOMY))
