"""WebSocket frames in: text becomes a typed frame, a frame becomes a command of the domain.

MUST NOT look at state or trust an id in a frame as authority: ``agent`` and ``by`` come from the
session. Every command carries ``ref``, the client's own name for it, which the reply repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, get_args

import msgspec
from msgspec import Meta, Struct

from app.domain import commands as c
from app.domain.words import QueueStatus
from app.wire import bodies
from app.wire import frames_of_supervision as people
from app.wire.codes import Problem
from app.wire.fields import (
    AfterWork,
    ClientName,
    Count,
    Id,
    Label,
    PresenceName,
    Reason,
    Ref,
    Secret,
)
from app.wire.reading import doubled_key, in_words, split_error


class FrameInvalid(Exception):
    """The frame cannot be taken; ``ref`` is the frame's own, when one could be read."""

    def __init__(self, code: Problem, message: str, ref: str | int | None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ref = ref


class Command(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every frame of a client has; ``type`` is the tag."""

    ref: Ref


class Resume(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which session to go on with, and the last push that was taken."""

    session: Id
    secret: Secret
    gen: Id
    seq: Count


class Hello(Command, tag="hello"):
    """First frame: who speaks. ``instance`` tells two tabs apart; ``client`` names the program.

    ``alone``: end the agent's other sockets (close code 4502). ``watch``: an agent's socket that
    sees everything, and neither counts as the agent's connection nor may act.
    """

    ticket: str
    resume: Resume | None = None
    instance: Label | None = None
    client: ClientName | None = None
    alone: bool = False
    watch: bool = False

    def __post_init__(self) -> None:
        if self.alone and self.watch:
            raise ValueError("a socket that watches leaves the others alone: send one of the two")


class Pong(Struct, forbid_unknown_fields=True, kw_only=True, tag="pong"):
    """Answer to a ``ping`` push; not answered itself, so ``ref`` may be left out."""

    ping: Ref
    ref: Ref | None = None


class SetPresence(Command, tag="set_presence"):
    """What I intend."""

    presence: PresenceName
    reason: Reason = ""
    after_work: AfterWork = False


class Received(Command, tag="received"):
    """The application has the offer in hand; sent at once, without a person."""

    offer: Id


class Seen(Command, tag="seen"):
    """The offer was on the screen."""

    offer: Id


class Accept(Command, tag="accept"):
    """I take the conversation."""

    offer: Id


class Decline(Command, tag="decline"):
    """I do not take the conversation."""

    offer: Id
    reason: Reason = ""


class Complete(Command, tag="complete"):
    """I am done: to wrap-up if the queue has one, else closed. ``disposition``: what came of it,
    as a code of yours (resolved, callback, …).
    """

    conversation: Id
    disposition: Id | None = None


class FinishWrapUp(Command, tag="finish_wrap_up"):
    """My wrap-up ends now."""

    conversation: Id


class ExtendWrapUp(Command, tag="extend_wrap_up"):
    """I need more time for the wrap-up."""

    conversation: Id
    by_ms: Annotated[int, Meta(ge=1, le=86_400_000, description="Milliseconds.")]


class Transfer(Command, tag="transfer"):
    """I hand the conversation on, to a queue or to a colleague."""

    conversation: Id
    queue: Id | None = None
    agent: Id | None = None

    def __post_init__(self) -> None:
        if (self.queue is None) == (self.agent is None):
            raise ValueError("name exactly one of queue and agent")


class Pull(Command, tag="pull"):
    """I pick from a queue of mine: this conversation, or the first that I may have."""

    queue: Id
    conversation: Id | None = None


class Activity(Command, tag="activity"):
    """Something was said in a conversation that I hold, or (``idle``) it is quiet from now on."""

    conversation: Id
    idle: bool = False


class Move(bodies.Move, tag="move", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class Assign(bodies.Assign, tag="assign", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class Requeue(bodies.Requeue, tag="requeue", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class Release(bodies.Release, tag="release", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class Cancel(bodies.Cancel, tag="cancel", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class Prioritize(bodies.Prioritize, tag="priority", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class Close(bodies.Close, tag="close", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    conversation: Id


class SetAgentPresence(bodies.SetPresence, tag="set_agent_presence", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    agent: Id


class PauseQueue(bodies.QueueSwitch, tag="pause_queue", kw_only=True):
    """Stop offering."""

    ref: Ref
    queue: Id


class ResumeQueue(bodies.QueueSwitch, tag="resume_queue", kw_only=True):
    """Offer again, and take in again."""

    ref: Ref
    queue: Id


class DrainQueue(bodies.QueueSwitch, tag="drain_queue", kw_only=True):
    """Offer what is there, take nothing in."""

    ref: Ref
    queue: Id


class AcknowledgeIncident(bodies.Acknowledge, tag="acknowledge_incident", kw_only=True):
    """See the HTTP action."""

    ref: Ref
    incident: Id


AgentFrame = (
    SetPresence
    | Received
    | Seen
    | Accept
    | Decline
    | Complete
    | FinishWrapUp
    | ExtendWrapUp
    | Transfer
    | Pull
    | Activity
    | Pong
)
SupervisorFrame = (
    Move
    | Assign
    | Requeue
    | Release
    | Cancel
    | Prioritize
    | Close
    | SetAgentPresence
    | PauseQueue
    | ResumeQueue
    | DrainQueue
    | AcknowledgeIncident
    | people.SignOutAgent
    | people.FreezeRepairs
    | people.ThawRepairs
    | people.SendBroadcast
    | people.WithdrawBroadcast
    | Pong
)
Frame = Hello | AgentFrame | SupervisorFrame
FRAMES: Final[dict[str, Any]] = {
    "hello": Hello,
    "agent": AgentFrame,
    "supervisor": SupervisorFrame,
}
_DECODERS: Final = {role: msgspec.json.Decoder(kind) for role, kind in FRAMES.items()}
_KEYS_MIN: Final = {
    kind: 1 + sum(field.required for field in msgspec.structs.fields(kind))
    for kind in (Hello, *get_args(AgentFrame), *get_args(SupervisorFrame))
}
_PEEK: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_REF: Final = msgspec.json.Decoder(Ref)


def read_frame(role: str, raw: str) -> Frame:
    """Read one frame of ``role``: ``hello`` for the first, then ``agent`` or ``supervisor``.

    Raises FrameInvalid with code ``unknown_type`` or ``frame_invalid``.
    """
    try:
        frame: Frame = _DECODERS[role].decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        path, what = split_error(str(error))
        unknown = path == "$.type" and what.startswith("Invalid value")
        code = Problem.UNKNOWN_TYPE if unknown else Problem.FRAME_INVALID
        raise FrameInvalid(code, f"{path}: {in_words(what)}", _ref_of(raw)) from None
    # Each key brings a colon, so a frame with no more of them than it needs holds no key twice.
    twice = doubled_key(raw) if raw.count(":") > _KEYS_MIN[type(frame)] else None
    if twice is not None:
        message = f"$: key {twice!r} stands twice: send it once"
        raise FrameInvalid(Problem.FRAME_INVALID, message, frame.ref)
    return frame


def read_hello(raw: str) -> Hello:
    """Read the first frame of a socket. Raises FrameInvalid."""
    frame = read_frame("hello", raw)
    assert isinstance(frame, Hello)
    return frame


def to_command(frame: Frame, *, agent: str | None, by: str) -> c.Command:
    """The domain command that ``frame`` asks for; ``pong`` and ``hello`` ask for none (KeyError).

    ``agent`` is the session's agent, None on a supervisor's socket; ``by`` is the actor.
    """
    return _COMMANDS[type(frame)](frame, agent, by)


def _ref_of(raw: str) -> str | int | None:
    try:
        ref: str | int = _REF.decode(_PEEK.decode(raw)["ref"])
        return ref
    except (msgspec.DecodeError, RecursionError, KeyError):
        return None


def _on_conversation(frame: Any, _: str | None, by: str) -> c.Command:
    command: c.Command = frame.command(frame.conversation, by)
    return command


def _switch(status: QueueStatus) -> Callable[[Any, str | None, str], c.Command]:
    return lambda f, _, by: f.command(status, f.queue, by)


_COMMANDS: Final[dict[type, Callable[[Any, Any, str], c.Command]]] = {
    SetPresence: lambda f, agent, by: c.SetPresence(agent, f.presence, f.reason, by, f.after_work),
    Received: lambda f, agent, _: c.MarkDelivered(f.offer, agent),
    Seen: lambda f, agent, _: c.MarkSeen(f.offer, agent),
    Accept: lambda f, agent, _: c.AcceptOffer(f.offer, agent),
    Decline: lambda f, agent, _: c.DeclineOffer(f.offer, agent, f.reason),
    Complete: lambda f, agent, _: c.CompleteConversation(f.conversation, agent, f.disposition),
    FinishWrapUp: lambda f, agent, _: c.FinishWrapUp(f.conversation, agent),
    ExtendWrapUp: lambda f, agent, _: c.ExtendWrapUp(f.conversation, agent, f.by_ms),
    Transfer: lambda f, agent, _: c.TransferConversation(f.conversation, agent, f.queue, f.agent),
    Pull: lambda f, agent, _: c.PullConversation(agent, f.queue, f.conversation),
    Activity: lambda f, agent, by: c.NoteActivity(f.conversation, f.idle, by, agent),
    Move: _on_conversation,
    Assign: _on_conversation,
    Requeue: _on_conversation,
    Release: _on_conversation,
    Cancel: _on_conversation,
    Prioritize: _on_conversation,
    Close: _on_conversation,
    SetAgentPresence: lambda f, _, by: f.command(f.agent, by),
    PauseQueue: _switch(QueueStatus.PAUSED),
    ResumeQueue: _switch(QueueStatus.OPEN),
    DrainQueue: _switch(QueueStatus.DRAINING),
    AcknowledgeIncident: lambda f, _, by: f.command(f.incident, by),
    **people.COMMANDS,
}
