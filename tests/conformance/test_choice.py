"""Who gets what, and in which order: fairness, priority, skills, capacity."""

from __future__ import annotations

from .desk import Desk, offered, take


async def test_the_longest_idle_agent_comes_first(desk: Desk) -> None:
    queue = await desk.queue(offer={"strategy": "longest_idle"})
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    sockets = {anna: await desk.online(anna), bob: await desk.online(bob)}
    served = []
    for _ in range(4):
        made = await desk.create(queue)
        await desk.state(made, "offered")
        agent = await who(desk, made)
        await take(sockets[agent], made)
        await sockets[agent].do("complete", conversation=made)
        served.append(agent)
    assert served == [anna, bob, anna, bob]


async def who(desk: Desk, conversation: str) -> str:
    """Return the agent whom the conversation is offered to, as the timeline tells."""
    names = [desk.name("anna"), desk.name("bob"), desk.name("carl")]
    steps = [str(step) for step in await desk.timeline(conversation)]
    return next(name for step in reversed(steps) for name in names if name in step)


async def test_priority_first_then_age(desk: Desk) -> None:
    queue = await desk.queue()
    made = [await desk.create(queue, priority=priority) for priority in (0, 5, 5, 0, 9)]
    socket = await desk.online(await desk.agent("anna", queue))
    served = []
    for _ in made:
        offer = await take(socket)
        await socket.do("complete", conversation=offer["conversation"])
        served.append(made.index(offer["conversation"]))
    assert served == [4, 1, 2, 0, 3]


async def test_a_raised_priority_overtakes(desk: Desk) -> None:
    queue = await desk.queue()
    first, second = await desk.create(queue), await desk.create(queue)
    await desk.act(second, "priority", priority=1)
    socket = await desk.online(await desk.agent("anna", queue))
    assert (await offered(socket))["conversation"] == second
    assert (await desk.conversation(first))["state"] == "waiting"


async def test_queue_priority_comes_before_conversation_priority(desk: Desk) -> None:
    low, high = await desk.queue("low", priority=0), await desk.queue("high", priority=5)
    await desk.create(low, priority=9)
    made = await desk.create(high)
    socket = await desk.online(await desk.agent("anna", low, high))
    assert (await offered(socket))["conversation"] == made


async def test_requeue_keeps_the_place(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers, his = await desk.online(anna), await desk.connect(bob)
    first = await desk.create(queue)
    await take(hers, first)
    enqueued = (await desk.conversation(first))["enqueued_at"]
    second = await desk.create(queue)
    await hers.do("set_presence", presence="away", reason="ill")
    answer = await desk.act(first, "requeue")
    assert (answer["state"], answer["enqueued_at"]) == ("waiting", enqueued)
    await hers.push("conversation_ended", lambda push: push["conversation"] == first)
    await his.do("set_presence", presence="available")
    assert (await offered(his))["conversation"] == first
    assert (await desk.conversation(second))["state"] == "waiting"


async def test_skills_decide(desk: Desk) -> None:
    queue = await desk.queue()
    plain = await desk.online(await desk.agent("anna", queue))
    weak = await desk.online(await desk.agent("bob", queue, skills={"french": 1}))
    strong = await desk.online(await desk.agent("carl", queue, skills={"french": 3}))
    made = await desk.create(queue, skills={"french": 2})
    await take(strong, made)
    assert not plain.untaken("offer") and not weak.untaken("offer")


async def test_the_preferred_agent_gets_it(desk: Desk) -> None:
    queue = await desk.queue(preferred={"online_ms": 30_000, "offline_ms": 0})
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers, his = await desk.online(anna), await desk.online(bob)
    for _ in range(2):
        made = await desk.create(queue, preferred_agent=bob)
        await take(his, made)
        await his.do("complete", conversation=made)
    assert not hers.untaken("offer")


async def test_the_lower_level_comes_first(desk: Desk) -> None:
    queue = await desk.queue()
    second = await desk.online(await desk.agent("anna", queues={queue: 2}))
    first = await desk.online(await desk.agent("bob", queues={queue: 1}))
    await take(first, await desk.create(queue))
    assert not second.untaken("offer")
    await take(second, await desk.create(queue))


async def test_a_ring_opens_later(desk: Desk) -> None:
    queue = await desk.queue(
        rings=[{"after_ms": 0, "max_level": 1}, {"after_ms": 1500, "max_level": 2}]
    )
    socket = await desk.online(await desk.agent("anna", queues={queue: 2}))
    made = await desk.create(queue)
    offer = await offered(socket, made)
    assert offer["waited_ms"] >= 1500


async def test_capacity_is_never_exceeded(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue, chats=2)
    socket = await desk.online(anna)
    made = [await desk.create(queue) for _ in range(5)]
    held = [(await take(socket))["conversation"] for _ in range(2)]
    for _ in range(3):
        row = await desk.board_queue(queue)
        assert (row["assigned"], row["offered"]) == (2, 0)
        assert not socket.untaken("offer")
        agent = await desk.board_agent(anna)
        assert (agent["routable"], bool(agent["why_not"])) == (False, True)
        await socket.do("complete", conversation=held.pop(0))
        held.append((await take(socket))["conversation"])
    assert sorted(held) == sorted(made[-2:])


async def test_capacity_spans_queues(desk: Desk) -> None:
    one, two = await desk.queue("one"), await desk.queue("two")
    socket = await desk.online(await desk.agent("anna", one, two))
    await take(socket, await desk.create(one))
    await desk.create(two)
    row = await desk.board_queue(two)
    assert (row["waiting"], row["offered"]) == (1, 0)


async def test_a_channel_without_capacity_is_not_offered(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue, capacity={"chat": 1}))
    mail = await desk.create(queue, channel="mail")
    chat = await desk.create(queue)
    assert (await offered(socket))["conversation"] == chat
    assert (await desk.conversation(mail))["state"] == "waiting"


async def test_a_move_to_a_served_queue_is_offered_there(desk: Desk) -> None:
    dead, alive = await desk.queue("dead"), await desk.queue("alive")
    socket = await desk.online(await desk.agent("anna", alive))
    made = await desk.create(dead)
    await desk.act(made, "move", queue=alive)
    assert (await offered(socket, made))["queue"] == alive


async def test_a_move_takes_the_offer_back(desk: Desk) -> None:
    queue, other = await desk.queue(), await desk.queue("other")
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    offer = await offered(socket, made)
    await desk.act(made, "move", queue=other)
    end = await socket.push("offer_ended")
    assert (end["offer"], end["outcome"]) == (offer["id"], "rescinded")
    assert (await desk.conversation(made))["queue"] == other


async def test_assign_gives_it_to_the_agent(desk: Desk) -> None:
    queue = await desk.queue()
    anna, bob = await desk.agent("anna", queue), await desk.agent("bob", queue)
    hers, his = await desk.online(anna), await desk.online(bob)
    made = await desk.create(queue)
    offer = await offered(hers, made)
    answer = await desk.act(made, "assign", agent=bob)
    assert (answer["state"], answer["agent"]) == ("assigned", bob)
    assert (await hers.push("offer_ended"))["offer"] == offer["id"]
    assert made in str((await his.push("assigned"))["conversation"])
    await his.do("complete", conversation=made)


async def test_release_frees_the_agent(desk: Desk) -> None:
    queue = await desk.queue()
    anna = await desk.agent("anna", queue)
    socket = await desk.online(anna)
    made = await desk.create(queue)
    await take(socket, made)
    await desk.act(made, "release")
    await socket.push("conversation_ended", lambda push: push["conversation"] == made)
    seen = await desk.conversation(made)
    assert seen.get("agent") is None or seen["state"] != "assigned"


async def test_close_ends_a_held_conversation(desk: Desk) -> None:
    queue = await desk.queue()
    socket = await desk.online(await desk.agent("anna", queue))
    made = await desk.create(queue)
    await take(socket, made)
    assert (await desk.act(made, "close"))["state"] == "closed"
    assert (await socket.push("conversation_ended"))["conversation"] == made
    await desk.create(queue)
    await offered(socket)
