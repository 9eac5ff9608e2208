"""The drill in its short form, and proof that each of its parts does what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from redis import Redis

from app.adapters.embedded.binary import NoServerBinary
from app.campaign import faulty
from app.campaign.any_event import any_events
from app.campaign.drill import WAIT_MAX_S, Figures, drill
from app.campaign.machine import Store
from app.campaign.traffic import Traffic
from app.campaign.vandal import ROGUES, Vandal
from app.campaign.watcher import Watcher, WatchingJournal
from app.clients.agent import AgentClient
from app.codec import events
from app.codec.chain import LogReader, seal_batch
from app.codec.envelope import NO_RECORD
from app.codec.errors import Unreadable, WriteVerifyFailed
from app.domain.events import ConversationEntered
from app.shell.rebuilding import log_key

KEY = log_key("w")


@pytest.mark.slow
async def test_the_incident_happens_to_nobody() -> None:
    try:
        Store()
    except NoServerBinary:
        pytest.skip("no valkey or redis server program")
    told: list[str] = []
    figures = await drill(lambda at, text, kind: told.append(f"{at:5.1f} {text}"), short=True)
    # How long a wait may be is for the drill alone on a machine: here other tests run beside it.
    assert replace(figures, longest_s=0.0).passed, (figures, told)
    assert figures.longest_s < 10 * WAIT_MAX_S, (figures, told)
    assert figures.offers > 50 and figures.conversations > 50
    assert sum("put aside" in line for line in told) == len(ROGUES)
    assert sum("killed" in line for line in told) == 4


@pytest.mark.parametrize("fault", faulty.FAULTS)
def test_a_faulty_encoder_is_seen_before_anything_is_written(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tmp_path / "port"
    for name in ("write_body", "seal"):
        monkeypatch.setattr(events, name, vars(events)[name])
    faulty.open_port(port)
    entered = [e for e in any_events(Random(1), 30) if isinstance(e, ConversationEntered)]
    seal_batch("w", KEY, NO_RECORD, entered)
    port.write_text(fault)
    with pytest.raises(WriteVerifyFailed):
        seal_batch("w", KEY, NO_RECORD, entered)
    port.unlink()
    seal_batch("w", KEY, NO_RECORD, entered)


@pytest.mark.parametrize("kind", ROGUES)
def test_a_rogue_record_is_what_it_is_called(kind: str) -> None:
    entered = [e for e in any_events(Random(1)) if isinstance(e, ConversationEntered)]
    [last], prev = seal_batch("w", KEY, NO_RECORD, entered)
    with Redis() as nobody:
        rogue = Vandal(nobody, "", "w", 1).rogue(kind, last)
    reader = LogReader("w", KEY, prev)
    if kind == "wrong queue":
        assert reader.decode(rogue).queue == "another"  # type: ignore[union-attr]
    else:
        with pytest.raises(Unreadable):
            reader.decode(rogue)


@pytest.fixture
async def traffic() -> Traffic:
    journal = WatchingJournal()
    made = Traffic("http://127.0.0.1:9", journal, 1)
    journal.traffic = made
    made.queue_of["c1"] = "billing"
    await made.api.aclose()
    return made


def journal_of(traffic: Traffic) -> WatchingJournal:
    journal = traffic._journal
    assert isinstance(journal, WatchingJournal)
    return journal


async def test_an_offer_in_a_wrong_queue_is_counted_by_who_got_it(traffic: Traffic) -> None:
    journal = journal_of(traffic)

    def hear(who: str, queue: str, conversation: str = "c1") -> int:
        offer = {"id": "o1", "conversation": conversation, "queue": queue}
        journal.note(who, "received", {"type": "offer", "offer": offer})
        journal.note(who, "received", {"type": "snapshot", "offers": [offer], "conversations": []})
        return len(journal.wrong)

    assert traffic.agents["agent-0"] == ["billing", "support"]
    assert hear("agent-0", "billing") == 0
    assert hear("agent-0", "support") == 2
    assert hear("agent-1", "billing") == 4, "agent-1 serves other queues"
    assert hear("agent-0", "billing", "nobody wrote this") == 6
    assert journal.offers == 8


async def test_a_wait_counts_from_the_first_try_and_only_beside_an_able_agent(
    traffic: Traffic,
) -> None:
    watcher = Watcher(traffic, journal_of(traffic))
    client = AgentClient("http://127.0.0.1:9", "key", "agent-0", api=traffic.api)
    traffic.clients.append(client)
    traffic.asked["c1"] = 10.0
    watcher.look(10.0, "a")
    watcher.look(12.5, "b")
    assert (watcher.longest_s, watcher.longest) == (2.5, "c1, during b")
    client.view.offers = {"o": {"conversation": "x"}, "p": {"conversation": "y"}}
    watcher.look(20.0, "nobody is able")
    client.view.offers = {"o": {"conversation": "c1"}}
    watcher.look(30.0, "it is offered")
    client.view.offers = {}
    watcher.look(40.0, "it waits again")
    watcher.look(41.0, "it waits again")
    assert watcher.longest_s == 2.5
    client.view.conversations = {"c1": {}}
    watcher.look(50.0, "it is served")
    client.view.conversations = {}
    watcher.look(60.0, "and over")
    assert watcher.longest_s == 2.5


def test_every_figure_can_fail_the_drill() -> None:
    assert Figures().passed and Figures(longest_s=WAIT_MAX_S - 0.1).passed
    for wrong in (
        Figures(longest_s=WAIT_MAX_S),
        Figures(wrong=["x"]),
        Figures(lost=["x"]),
        Figures(by_hand=["x"]),
        Figures(faults=["x"]),
    ):
        assert not wrong.passed
