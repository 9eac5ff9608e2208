"""What every other event does to the floor, and what is judged on the way.

S1 one holder, S3 capacity, S8 epochs rise, C nothing is lost or counted twice. MUST leave the floor
as the event says; an event about what is not there is reported and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.auditor.floor import Floor, Line, Talk
from app.auditor.offers import Foul, ended, hold, let_go, made
from app.auditor.rules import has_room, weight
from app.domain import events as e
from app.domain.words import ConversationState


def _known(floor: Floor, event: Any, foul: Foul, *, held: bool = True) -> Talk | None:
    """The live conversation that the event is about, as its holder (``held``) has it."""
    talk = floor.talks.get(event.conversation)
    if talk is None:
        foul("C", f"{event.conversation} is not live: {type(event).__name__}", event)
    elif held and talk.agent != event.agent:
        foul("S1", f"{talk.id} is held by {talk.agent}, not by {event.agent}", event)
    return talk


def _entered(floor: Floor, event: e.ConversationEntered, foul: Foul) -> None:
    if event.conversation in floor.talks or event.queue not in floor.lines:
        foul("C", f"{event.conversation} entered twice, or where no queue is", event)
        return
    floor.entered += 1
    at, skills = event.at, event.skills
    talk = Talk(
        event.conversation,
        event.queue,
        event.channel,
        event.priority,
        skills,
        event.preferred_agent,
        enqueued_at=at,
        joined_at=at,
        since=at,
    )
    floor.talks[talk.id] = talk
    floor.stand(talk)


def _leave(floor: Floor, talk: Talk, event: e.Event, foul: Foul) -> None:
    """It leaves whoever had it; nobody may have a live offer of it then."""
    if talk.offers:
        foul("S1", f"{talk.id} changed hands while it was on offer", event)
    for id_ in list(talk.offers):
        offer = floor.proposals.pop(id_)
        floor.people[offer.agent].take(talk.channel, -offer.units)
    talk.offers.clear()
    floor.step_out(talk)
    let_go(floor, talk)


def _wait(floor: Floor, talk: Talk, event: Any) -> None:
    talk.state, talk.since, talk.aside = "waiting", event.at, False
    if event.agent is not None and event.pass_until:
        talk.passed[event.agent] = (event.soft_until, event.pass_until)
    floor.stand(talk)


def _moved(floor: Floor, event: e.ConversationMoved, foul: Foul) -> None:
    talk = _known(floor, event, foul)
    if talk is None or event.queue not in floor.lines:
        return
    if event.from_queue != talk.queue or event.enqueued_at not in (talk.enqueued_at, event.at):
        foul("S5", f"{talk.id} was moved from a place it did not have", event)
    _leave(floor, talk, event, foul)
    talk.queue, talk.enqueued_at, talk.joined_at = event.queue, event.enqueued_at, event.at
    talk.passed.clear()
    _wait(floor, talk, event)


def _requeued(floor: Floor, event: e.ConversationRequeued, foul: Foul) -> None:
    talk = _known(floor, event, foul)
    if talk is None:
        return
    _leave(floor, talk, event, foul)
    if event.fresh:
        talk.passed.clear()
    talk.wish = event.preferred_agent or talk.wish
    _wait(floor, talk, event)


def _quarantined(floor: Floor, event: e.ConversationQuarantined, foul: Foul) -> None:
    talk = _known(floor, event, foul)
    if talk is None:
        return
    _leave(floor, talk, event, foul)
    talk.state, talk.since, talk.aside = "waiting", event.at, True


def _prioritized(floor: Floor, event: e.ConversationPrioritized, foul: Foul) -> None:
    talk = _known(floor, event, foul, held=False)
    if talk is None:
        return
    talk.priority = event.priority
    if talk.place is not None:
        floor.stand(talk)


def _assigned(floor: Floor, event: e.ConversationAssigned, foul: Foul) -> None:
    talk, person = _known(floor, event, foul, held=False), floor.people.get(event.agent)
    if talk is None or person is None:
        foul("C", f"{event.conversation} was assigned to nobody known", event)
        return
    if talk.agent != event.from_agent or talk.agent == event.agent:
        foul("S1", f"{talk.id} is held by {talk.agent}, not by {event.from_agent}", event)
    units = weight(floor.lines[talk.queue], talk.channel)
    if not has_room(person, talk.channel, units):
        foul("S3", f"{talk.id} was assigned above the capacity of {person.id}", event)
    _leave(floor, talk, event, foul)
    person.take(talk.channel, units)
    hold(talk, person, units)


def _wrapping(floor: Floor, event: e.ConversationWrapping, foul: Foul) -> None:
    talk = _known(floor, event, foul)
    if talk is not None:
        talk.state = "wrapping"


def _idle(floor: Floor, event: e.ConversationIdled | e.ConversationWoke, foul: Foul) -> None:
    talk, idle = _known(floor, event, foul), isinstance(event, e.ConversationIdled)
    person = floor.people.get(talk.agent or "") if talk else None
    if talk is None or person is None or talk.idle == idle:
        foul("S3", f"the units of {event.conversation} were given or taken twice", event)
        return
    talk.idle = idle
    person.take(talk.channel, -talk.units if idle else talk.units)


def _ended(floor: Floor, event: e.ConversationEnded, foul: Foul) -> None:
    talk = _known(floor, event, foul)
    if talk is None:
        return
    if event.state is ConversationState.ABANDONED and talk.state != "waiting":
        foul("C", f"{talk.id} was abandoned while {talk.state}", event)
    _leave(floor, talk, event, foul)
    del floor.talks[talk.id]
    floor.ended += 1


def _forgotten(floor: Floor, event: e.ConversationsForgotten, foul: Foul) -> None:
    alive = [id_ for id_ in event.conversations if id_ in floor.talks]
    if alive:
        foul("C", f"{', '.join(alive[:5])} forgotten alive", event)


def _capacity(floor: Floor, event: e.CapacityCorrected, foul: Foul) -> None:
    person = floor.people.get(event.agent)
    if person is not None and event.after != person.load:
        foul("S3", f"{person.id} was set to {event.after}, counted {person.load}", event)


def _version(floor: Floor, event: Any, foul: Foul) -> None:
    if event.version != floor.version + 1:
        foul("S8", f"configuration {event.version} follows {floor.version}", event)
    floor.version = event.version


def _queue(floor: Floor, event: e.QueueConfigured, foul: Foul) -> None:
    _version(floor, event, foul)
    line = floor.lines.get(event.queue)
    if line is None:
        floor.lines[event.queue] = Line(event.settings)
        return
    aged, line.settings = line.settings.ageing, event.settings
    if aged != event.settings.ageing:
        floor.line_up_again(event.queue)


def _queue_removed(floor: Floor, event: e.QueueRemoved, foul: Foul) -> None:
    _version(floor, event, foul)
    line = floor.lines.get(event.queue)
    if line is not None and (line.kinds or line.members):
        foul("C", f"queue {event.queue} went with what was in it", event)
    elif line is not None:
        del floor.lines[event.queue]


def _status(floor: Floor, event: e.QueueStatusChanged, foul: Foul) -> None:
    if event.queue in floor.lines:
        floor.lines[event.queue].status = str(event.status)


def _hours(floor: Floor, event: e.QueueHoursChanged, foul: Foul) -> None:
    if event.queue in floor.lines:
        line = floor.lines[event.queue]
        line.open, line.shut_at = event.open, event.at


def _agent(floor: Floor, event: e.AgentConfigured, foul: Foul) -> None:
    _version(floor, event, foul)
    floor.employ(event.agent, event.settings)


def _agent_removed(floor: Floor, event: e.AgentRemoved, foul: Foul) -> None:
    _version(floor, event, foul)
    person = floor.people.get(event.agent)
    if person is not None and person.load:
        foul("C", f"{event.agent} was removed with work", event)
        return
    floor.employ(event.agent, None)


def _custom(floor: Floor, event: e.PresenceConfigured, foul: Foul) -> None:
    _version(floor, event, foul)
    floor.customs[event.presence] = event.settings


def _custom_removed(floor: Floor, event: e.PresenceRemoved, foul: Foul) -> None:
    _version(floor, event, foul)
    floor.customs.pop(event.presence, None)


def _presence(floor: Floor, event: e.PresenceChanged, foul: Foul) -> None:
    person = floor.people.get(event.agent)
    if person is not None:
        person.presence, person.custom = str(event.presence), event.custom
        person.finishing = False


def _planned(floor: Floor, event: e.PresencePlanned, foul: Foul) -> None:
    person = floor.people.get(event.agent)
    if person is not None:
        person.finishing = event.presence is not None


def _connection(floor: Floor, event: e.ConnectionChanged, foul: Foul) -> None:
    person = floor.people.get(event.agent)
    if person is not None:
        person.connection = str(event.connection)
        if person.connection == "connected" and person.rest_cause == "undelivered":
            person.rest_until, person.rest_cause = 0, ""


def _epoch(floor: Floor, event: e.EpochOpened, foul: Foul) -> None:
    if event.epoch <= floor.epoch:
        foul("S8", f"epoch {event.epoch} follows {floor.epoch}", event)
    floor.epoch = event.epoch
    for person in floor.people.values():
        person.connection = "lost" if person.connection == "lost" else "grace"
    _extend(floor, event.gap_ms)


def _extended(floor: Floor, event: e.DeadlinesExtended, foul: Foul) -> None:
    _extend(floor, event.by_ms)


def _extend(floor: Floor, by_ms: int) -> None:
    for offer in floor.proposals.values():
        offer.expires_at += by_ms


DEEDS: dict[type[Any], Callable[[Floor, Any, Foul], None]] = {
    e.OfferMade: made,
    e.OfferEnded: ended,
    e.ConversationEntered: _entered,
    e.ConversationMoved: _moved,
    e.ConversationRequeued: _requeued,
    e.ConversationQuarantined: _quarantined,
    e.ConversationPrioritized: _prioritized,
    e.ConversationAssigned: _assigned,
    e.ConversationWrapping: _wrapping,
    e.ConversationIdled: _idle,
    e.ConversationWoke: _idle,
    e.ConversationEnded: _ended,
    e.ConversationsForgotten: _forgotten,
    e.CapacityCorrected: _capacity,
    e.QueueConfigured: _queue,
    e.QueueRemoved: _queue_removed,
    e.QueueStatusChanged: _status,
    e.QueueHoursChanged: _hours,
    e.AgentConfigured: _agent,
    e.AgentRemoved: _agent_removed,
    e.PresenceConfigured: _custom,
    e.PresenceRemoved: _custom_removed,
    e.PresenceChanged: _presence,
    e.PresencePlanned: _planned,
    e.ConnectionChanged: _connection,
    e.EpochOpened: _epoch,
    e.DeadlinesExtended: _extended,
}
