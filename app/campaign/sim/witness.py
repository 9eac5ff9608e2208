"""What left the servers and what the people heard, held against the log as it is at that instant.

S6: nothing is shown that is not durable. S7: a session counts without a gap, and tells the same
again when it tells again. Keeps who asked for what and what was answered, for the judge (S2). MUST
know the log by the ledger alone, and the server by its frames alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson

from app.campaign.sim.ledger import Ledger
from app.campaign.sim.wire import Line
from app.ports import Position
from app.wire.board import View, fold

Frame = dict[str, Any]
FAULTS_MAX = 20


class Witness:
    """One world's. ``faults`` is empty when all is well."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        self._ledger, self._now_ms = ledger, now_ms
        self.faults: list[str] = []
        self.seen: Counter[str] = Counter()
        self.asked: dict[tuple[str, str], Frame] = {}
        self.answers: dict[tuple[str, str], list[Frame]] = {}
        self.entered: dict[str, str] = {}
        self.canceled: dict[str, str] = {}
        self._told: dict[tuple[str, int], bytes] = {}
        self._boards: dict[str, View] = {}
        self._sum = hashlib.sha256()

    def fault(self, rule: str, text: str) -> None:
        """A broken rule."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(f"{rule} at {self._now_ms()}: {text}")

    def note(self, what: str) -> None:
        """Something happened that belongs to the history."""
        self._sum.update(f"{self._now_ms()} {what}\n".encode())

    def digest(self) -> str:
        """Of all that was noted."""
        return self._sum.hexdigest()

    # What leaves a server.

    def leaves(self, line: Line, frame: Frame) -> None:
        """A frame is handed to the network."""
        raw = orjson.dumps(frame)
        self._sum.update(raw)
        kind = frame["type"]
        if kind == "reply":
            self._replies(line, frame)
            return
        self._counts(line, frame, raw)
        check = getattr(self, f"_{kind}", None)
        if check is not None:
            check(line, frame)

    def _replies(self, line: Line, frame: Frame) -> None:
        if not frame["ok"]:
            self.seen[f"code {frame['code']}"] += 1
        if frame["ok"] and "session" in frame:
            resumed = frame["mode"] == "replay"
            line.session = frame["session"]
            line.next_seq = line.hello["resume"]["seq"] + 1 if resumed else 1
            self.seen[f"welcome {frame['mode']}"] += 1
        elif frame["ok"]:
            self._up_to("an answer", frame["position"])

    def _up_to(self, what: str, position: str) -> None:
        place, ledger = Position.parse(position), self._ledger
        if not ledger.has(place):
            self.fault("S6", f"{what} of {place}, the log ends at {ledger.end}")
        ledger.told = max(ledger.told, place)

    def _counts(self, line: Line, frame: Frame, raw: bytes) -> None:
        seq = frame["seq"]
        if seq != line.next_seq:
            self.fault("S7", f"{line.session} tells {seq} instead of {line.next_seq}")
        line.next_seq = seq + 1
        known = self._told.setdefault((line.session, seq), raw)
        if known is not raw and known != raw:
            self.fault("S7", f"{line.session} tells {seq} anew: {raw!r} was {known!r}")

    def _offer(self, line: Line, frame: Frame) -> None:
        self._shown(line, frame["offer"])

    def _shown(self, line: Line, offer: Frame) -> None:
        made = self._ledger.offers.get(offer["id"])
        agent = line.hello.get("client", "")
        if made is None:
            self.fault("S6", f"{agent} is shown offer {offer['id']}, which is not in the log")
        elif (made.agent, made.conversation, made.queue) != (
            agent,
            offer["conversation"],
            offer["queue"],
        ):
            self.fault("S4", f"{agent} is shown offer {offer['id']}, which is another's")

    def _offer_ended(self, line: Line, frame: Frame) -> None:
        ended = self._ledger.ended.get(frame["offer"])
        if ended is None or str(ended.outcome) != frame["outcome"]:
            self.fault("S6", f"offer {frame['offer']} is told as {frame['outcome']}: {ended}")

    def _assigned(self, line: Line, frame: Frame) -> None:
        pair = (frame["conversation"]["id"], line.hello.get("client", ""))
        if pair not in self._ledger.holders:
            self.fault("S6", f"{pair[1]} is given {pair[0]}, which the log does not say")

    def _snapshot(self, line: Line, frame: Frame) -> None:
        if "board" in frame:
            self._board(line, frame["board"])
            return
        for offer in frame["offers"]:
            self._shown(line, offer)
        for one in frame["conversations"]:
            self._assigned(line, {"conversation": one})

    def _delta(self, line: Line, frame: Frame) -> None:
        base = self._boards.get(line.session)
        if base is not None:
            self._board(line, fold(base, frame["changes"]))

    def _board(self, line: Line, board: View) -> None:
        self._boards[line.session] = board
        self._up_to("a board", board["position"])
        totals = board["totals"]
        inside = sum(totals[name] for name in ("waiting", "offered", "assigned", "wrapping"))
        if totals["entered"] != inside + totals["ended"]:
            self.fault("L4", f"a board does not add up: {totals}")

    def board_of(self, session: str) -> View | None:
        """What somebody sees who folded all that this session was told."""
        return self._boards.get(session)

    # What people asked and heard.

    def asks(self, who: str, frame: Frame) -> None:
        """A page sends a command."""
        self.asked[who, frame["ref"]] = frame

    def hears(self, who: str, reply: Frame) -> None:
        """A page takes a reply. One that says nothing final is not kept."""
        if reply.get("code") in ("pending", "internal") or reply.get("temporary"):
            return
        self.answers.setdefault((who, str(reply["ref"])), []).append(reply)
