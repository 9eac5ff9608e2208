"""What is judged when an offer is made or ends: holder, capacity, member, turn, time.

Rules by their usual names: S1 one holder and one live offer (or the fan-out), S3 capacity, S4 to a
routable member who qualifies, S5 nobody overtakes without a reason, S10 an answer was in time, L3
an offer ends by its deadline. MUST leave the floor as the event says, whatever was wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.auditor.floor import SPECIAL, Floor, Line, Person, Proposal, Talk
from app.auditor.rules import NO_ROOM, goes_before, has_room, obstacle, weight
from app.domain import events as e
from app.domain.words import OfferState, Strategy

Foul = Callable[[str, str, e.Event], None]
"""Report a broken rule: its name, a sentence, the event that showed it."""
LATE_MS = 2_000
LOOK_PLAIN, LOOK_SPECIAL = 3, 50
"""How many of one kind are looked at; those of a kind differ in age alone."""


def made(floor: Floor, event: e.OfferMade, foul: Foul) -> None:
    """One conversation is held for one agent."""
    talk, person = floor.talks.get(event.conversation), floor.people.get(event.agent)
    line = floor.lines.get(event.queue)
    if talk is None or person is None or line is None or talk.queue != event.queue:
        foul("S4", f"offer {event.offer} names what is not there, or another queue", event)
        return
    _judge_made(floor, line, talk, person, event, foul)
    floor.step_out(talk)
    talk.state = "offered"
    talk.offers[event.offer] = None
    person.take(talk.channel, event.units)
    floor.proposals[event.offer] = Proposal(
        event.offer, talk.id, person.id, event.units, event.at, event.expires_at
    )


def _judge_made(
    floor: Floor, line: Line, talk: Talk, person: Person, event: e.OfferMade, foul: Foul
) -> None:
    rule = line.settings.offer
    many = rule.fan_out if rule.strategy is Strategy.ALL_AT_ONCE else 1
    others = [floor.proposals[id_] for id_ in talk.offers]
    if talk.agent is not None or talk.state not in ("waiting", "offered"):
        foul("S1", f"{talk.id} is {talk.state} and was offered", event)
    elif len(others) >= many or any(one.made_at != event.at for one in others):
        foul("S1", f"{talk.id} has another live offer", event)
    elif any(one.agent == person.id for one in others) or event.offer in floor.proposals:
        foul("S1", f"{talk.id} was offered to {person.id} twice", event)
    if talk.aside:
        foul("S4", f"{talk.id} is in quarantine and was offered", event)
    if event.version != floor.version or event.units != weight(line, talk.channel):
        foul("S4", f"offer {event.offer} was not made under the configuration in force", event)
    why = obstacle(floor, line, talk, person, event.at)
    if why:
        name = "S3" if why == NO_ROOM else "S4"
        foul(name, f"{talk.id} was offered to {person.id}: {why}", event)
    overtaken = next(_overtaken(floor, talk, person, event.at), None)
    if overtaken is not None:
        foul("S5", f"{overtaken.id} was overtaken by {talk.id} at {person.id}", event)


def _overtaken(floor: Floor, talk: Talk, person: Person, now: int) -> Iterator[Talk]:
    """Those in line who had the better claim on this agent and could have been offered."""
    own = person.settings.queues
    queues = floor.busy if len(floor.busy) < len(own) else own
    for queue in queues:
        if queue not in floor.busy or queue not in own:
            continue
        line = floor.lines[queue]
        for kind, ranks in line.kinds.items():
            plain = kind is not SPECIAL
            if plain and not has_room(person, kind[0], weight(line, kind[0])):
                continue
            for rank in ranks[: LOOK_PLAIN if plain else LOOK_SPECIAL]:
                other = floor.talks[rank[-1]]
                if not goes_before(floor, other, talk, now):
                    break
                if other is not talk and not obstacle(floor, line, other, person, now):
                    yield other


def ended(floor: Floor, event: e.OfferEnded, foul: Foul) -> None:
    """The offer is over: the conversation is taken, or its agent is free of it."""
    offer = floor.proposals.pop(event.offer, None)
    if offer is None:
        foul("S10", f"offer {event.offer} ended as {event.outcome} and was not live", event)
        return
    if (offer.conversation, offer.agent) != (event.conversation, event.agent):
        foul("S10", f"offer {event.offer} was of {offer.conversation} to {offer.agent}", event)
    answered = event.outcome in (OfferState.ACCEPTED, OfferState.DECLINED)
    if answered and offer.expires_at <= event.at:
        foul("S10", f"offer {event.offer} was {event.outcome} after its deadline", event)
    elif event.at > offer.expires_at + LATE_MS:
        foul("L3", f"offer {event.offer} outlived its deadline", event)
    talk, person = floor.talks[offer.conversation], floor.people[offer.agent]
    talk.offers.pop(offer.id, None)
    if event.outcome is OfferState.ACCEPTED:
        _accepted(floor, talk, person, offer, event, foul)
        return
    person.take(talk.channel, -offer.units)
    if event.pass_until:
        talk.passed[person.id] = (event.soft_until, event.pass_until)
    _rest(person, event)
    if not talk.offers and talk.agent is None:
        talk.state, talk.since = "waiting", event.at
        floor.stand(talk)


def _accepted(
    floor: Floor, talk: Talk, person: Person, offer: Proposal, event: e.OfferEnded, foul: Foul
) -> None:
    if talk.state != "offered" or talk.agent is not None or talk.offers:
        foul("S1", f"{talk.id} was accepted while {talk.agent or 'another'} has it", event)
        let_go(floor, talk)
    hold(talk, person, offer.units)


def _rest(person: Person, event: e.OfferEnded) -> None:
    if event.back_off_until > event.at:
        undelivered = event.outcome is OfferState.UNDELIVERED
        if person.rest_until <= event.at or not undelivered:
            person.rest_cause = str(event.outcome)
        person.rest_until = max(person.rest_until, event.back_off_until)


def hold(talk: Talk, person: Person, units: int) -> None:
    """The agent, whose units are counted already, has it now."""
    talk.state, talk.agent, talk.units, talk.aside = "assigned", person.id, units, False
    talk.passed.clear()


def let_go(floor: Floor, talk: Talk) -> None:
    """Nobody has it any more."""
    person = floor.people.get(talk.agent or "")
    if person is not None and not talk.idle:
        person.take(talk.channel, -talk.units)
    talk.agent, talk.idle, talk.units = None, False, 0
