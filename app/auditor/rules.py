"""What the rules of offering say, as the auditor reads them: who may be offered what, whose turn.

Written from the settings' own words, and independently of the engine. Each question is answered by
looking at the one agent and the one conversation it is about.
"""

from __future__ import annotations

from app.auditor.floor import Floor, Line, Person, Talk

PAUSED, CLOSED, NO_ROOM = "the queue is paused", "the queue is closed to it", "no room"


def weight(line: Line, channel: str) -> int:
    """Units that one conversation of this channel takes."""
    return line.settings.weight_by_channel.get(channel, 1)


def has_room(person: Person, channel: str, units: int) -> bool:
    """Whether so many more units stay within both bounds, and no other work blocks them."""
    settings, load = person.settings, person.load
    if load.get(channel, 0) + units > settings.capacity.get(channel, 0):
        return False
    if settings.blocks and any(channel in settings.blocks.get(busy, ()) for busy in load):
        return False
    return settings.units is None or sum(load.values()) + units <= settings.units


def serves(floor: Floor, person: Person, channel: str) -> bool:
    """Whether a custom presence, if it is one, leaves the channel open."""
    custom = floor.customs.get(person.custom or "")
    return custom is None or custom.channels is None or channel in custom.channels


def came_late(line: Line, talk: Talk) -> bool:
    """Whether the doors were shut when it came, and are."""
    return not line.open and talk.joined_at >= line.shut_at


def qualifies(line: Line, talk: Talk, person: Person, now: int) -> bool:
    """Whether the rings that have opened by now let this member serve."""
    asked, age_ms = talk.skills, now - talk.enqueued_at
    if line.settings.rings:
        opened = [ring for ring in line.settings.rings if ring.after_ms <= age_ms]
        if opened and person.settings.queues[talk.queue] > opened[-1].max_level:
            return False
        relaxed = {name for ring in opened for name in ring.relax_skills}
        asked = {name: least for name, least in asked.items() if name not in relaxed}
    own = person.settings.skills
    return all(own.get(name, 0) >= least for name, least in asked.items())


def kept_for(floor: Floor, line: Line, talk: Talk, now: int) -> str | None:
    """The preferred agent it is kept for just now."""
    wished = floor.people.get(talk.wish or "")
    if wished is None or talk.queue not in wished.settings.queues or wished.id in talk.passed:
        return None
    reachable = wished.presence == "available" and wished.connection == "connected"
    rule = line.settings.preferred
    kept_ms = rule.online_ms if reachable or wished.presence == "away" else rule.offline_ms
    return wished.id if now < talk.since + kept_ms else None


def is_passed(talk: Talk, agent: str, now: int) -> bool:
    """Whether the agent is passed over for it."""
    return agent in talk.passed and talk.passed[agent][1] > now


def is_sole(floor: Floor, line: Line, talk: Talk, now: int) -> bool:
    """Whether nobody is there who was not passed over."""
    people = (floor.people[agent] for agent in line.members)
    return not any(
        person.there
        and serves(floor, person, talk.channel)
        and not is_passed(talk, person.id, now)
        and qualifies(line, talk, person, now)
        for person in people
    )


def obstacle(floor: Floor, line: Line, talk: Talk, person: Person, now: int) -> str:
    """Why this conversation may not be offered to this agent now; "" when it may."""
    if not person.there:
        return f"{person.presence}, {person.connection}" + ", finishing" * person.finishing
    if talk.queue not in person.settings.queues:
        return "no member of the queue"
    if person.rest_until > now:
        return "at rest"
    if not serves(floor, person, talk.channel):
        return "the presence shuts the channel"
    if line.status == "paused":
        return PAUSED
    if came_late(line, talk):
        return CLOSED
    if not has_room(person, talk.channel, weight(line, talk.channel)):
        return NO_ROOM
    kept = kept_for(floor, line, talk, now) if talk.wish is not None else None
    if kept is not None and kept != person.id:
        return f"kept for {kept}"
    if kept is None and not qualifies(line, talk, person, now):
        return "does not qualify"
    if talk.passed and is_passed(talk, person.id, now):
        softly = talk.passed[person.id][0] <= now and not talk.offers
        if not (softly and is_sole(floor, line, talk, now)):
            return "passed over"
    return ""


def goes_before(floor: Floor, one: Talk, other: Talk, now: int) -> bool:
    """Whether ``one`` has the better claim on an agent who could take both, beyond doubt."""
    first, second = floor.lines[one.queue].settings, floor.lines[other.queue].settings
    if first.priority != second.priority:
        return first.priority > second.priority
    grown = one.priority + first.ageing.priority_per_min * (now - one.enqueued_at) / 60_000
    others = other.priority + second.ageing.priority_per_min * (now - other.enqueued_at) / 60_000
    if abs(grown - others) > 1e-6:
        return grown > others
    return one.priority == other.priority and one.enqueued_at < other.enqueued_at
