"""What an agent's page knows: the fold of a snapshot and the pushes after it. No input, no output.

MUST NOT talk to anybody or wait. The rules: a push is applied once and in order (``seq`` counts 1,
2, 3 per session), a snapshot replaces everything, a push of an unknown type changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class SequenceGap(Exception):
    """A push is missing: only a new snapshot makes the view right again."""


@dataclass(slots=True, frozen=True)
class Session:
    """What the answer to hello gave, and the last push applied: all that a resume needs."""

    session: str
    secret: str
    gen: str
    seq: int


class AgentView:
    """Offers and conversations in hand, by id, and the agent's own standing."""

    def __init__(self) -> None:
        self.offers: dict[str, Json] = {}
        self.conversations: dict[str, Json] = {}
        self.presence: str | None = None
        self.presence_by: str | None = None
        self.custom_presence: str | None = None
        self.plan: Json | None = None
        self.channels: list[str] | None = None
        self.routable: bool | None = None
        self.why_not: Any = None
        self.session: Session | None = None

    def welcome(self, reply: Json) -> None:
        """Take the session that the server granted. Raises SequenceGap when it is not ours."""
        seq = 0
        if reply.get("mode") == "replay":
            if self.session is None:
                raise SequenceGap("a replay without anything to continue")
            seq = self.session.seq
        self.session = Session(reply["session"], reply["secret"], reply["gen"], seq)

    def forget_session(self) -> None:
        """The next hello starts afresh; what is known stays until its snapshot comes."""
        self.session = None

    def apply(self, push: Json) -> bool:
        """Fold one push in; False when it was applied before. Raises SequenceGap."""
        if not self._in_order(push):
            return False
        match push["type"]:
            case "snapshot":
                self._snapshot(push)
            case "offer":
                self.offers[push["offer"]["id"]] = push["offer"]
            case "offer_ended":
                self.offers.pop(id_of(push["offer"]), None)
            case "assigned" | "conversation_changed":
                self._assigned(push["conversation"])
            case "conversation_ended":
                self.conversations.pop(id_of(push["conversation"]), None)
            case "presence":
                self.presence = push["presence"]
                self.presence_by = push.get("by")
                self._standing(push)
            case "routable":
                self.routable = push["routable"]
                self.why_not = push.get("why_not")
        return True

    def _in_order(self, push: Json) -> bool:
        """Advance the sequence; False for a repetition."""
        if self.session is None:
            raise SequenceGap("a push before the answer to hello")
        last, seq = self.session.seq, push["seq"]
        if seq <= last:
            return False
        if seq != last + 1:
            raise SequenceGap(f"push {seq} came after {last}")
        known = self.session
        self.session = Session(known.session, known.secret, known.gen, seq)
        return True

    def _snapshot(self, push: Json) -> None:
        self.offers = {offer["id"]: offer for offer in push["offers"]}
        self.conversations = {id_of(item): _object(item) for item in push["conversations"]}
        agent = push["agent"]
        self.presence = agent.get("presence", self.presence)
        self.presence_by = agent.get("by")
        self._standing(agent)
        self.routable = agent.get("routable", self.routable)
        self.why_not = agent.get("why_not", self.why_not)

    def _standing(self, told: Json) -> None:
        """What stands beside the presence, in a snapshot as in a push."""
        self.custom_presence = told.get("custom_presence")
        self.plan = told.get("plan")
        self.channels = told.get("channels")

    def _assigned(self, conversation: Any) -> None:
        self.conversations[id_of(conversation)] = _object(conversation)


def id_of(item: Any) -> str:
    """The id of something that a push names by its id or holds whole."""
    return str(item["id"]) if isinstance(item, dict) else str(item)


def _object(item: Any) -> Json:
    return item if isinstance(item, dict) else {"id": item}
