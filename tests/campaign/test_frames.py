"""A slice of the attack with frames, and what makes the frames. Whole: ``campaign frames``."""

from __future__ import annotations

import json
import random

from app.campaign.frames import Fuzzed, campaign
from app.campaign.spoiling import Grammar
from app.wire.asyncapi import asyncapi
from app.wire.frames import FrameInvalid, read_frame

IDS = {"offer": ["o-1"], "conversation": ["c-1"], "queue": ["q"], "agent": ["anna"]}


def test_frames_are_of_all_kinds_and_most_are_read_as_meant() -> None:
    grammar = Grammar(asyncapi("test"), random.Random(7))
    kinds = {name for name, _ in grammar.commands}
    assert {"accept", "pull", "move", "pause_queue"} <= kinds and "hello" not in kinds
    taken = refused = fatal = 0
    for number in range(2_000):
        data, answered = grammar.frame("agent", f"r{number}", IDS)
        if isinstance(data, bytes) or len(data) > 65_536:
            assert not answered
            fatal += 1
            continue
        if answered:
            assert json.loads(data)["ref"] == f"r{number}"
        for role in ("agent", "supervisor"):
            try:
                read_frame(role, data)
                taken += 1
            except FrameInvalid as error:
                assert not answered or error.ref == f"r{number}", data
                refused += 1
    assert min(taken, refused) > 600 and fatal > 5


async def test_a_slice_of_it_leaves_nothing_behind() -> None:
    said: list[int] = []

    def say(fuzzed: Fuzzed) -> None:
        said.append(fuzzed.sent)

    fuzzed = await campaign(4, 1_000, say)
    assert fuzzed.faults == []
    assert fuzzed.sent >= 1_000 and said == sorted(said)
    assert {"ok", "frame_invalid", "unknown_type"} <= set(fuzzed.answers)
    assert {1007, 1009} <= set(fuzzed.ends)
