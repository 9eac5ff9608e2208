"""What somebody asks for. A command never carries authority: the edge has checked who speaks.

``by`` is the actor as in ``events``. ``Tick`` makes every deadline that has passed take effect:
expiry is a command in the same line as ``AcceptOffer``, so the two cannot race.
"""

from __future__ import annotations

from app.domain.commands.agents import (
    AcceptOffer,
    CompleteConversation,
    ConnectAgent,
    DeclineOffer,
    DisconnectAgent,
    ExtendWrapUp,
    FinishWrapUp,
    MarkDelivered,
    MarkSeen,
    PullConversation,
    SetPresence,
    TransferConversation,
)
from app.domain.commands.config import (
    PutAgent,
    PutPresence,
    PutQueue,
    RemoveAgent,
    RemovePresence,
    RemoveQueue,
    SetMembership,
    SetQueueHours,
    SetQueueStatus,
    UndoConfig,
)
from app.domain.commands.conversations import (
    AssignConversation,
    CancelConversation,
    CloseConversation,
    EnterConversation,
    MoveConversation,
    NoteActivity,
    PrioritizeConversation,
    QuarantineConversation,
    ReleaseConversation,
    RequeueConversation,
)
from app.domain.commands.supervision import (
    EndLogin,
    FreezeRepairs,
    SendBroadcast,
    SignOutAgent,
    ThawRepairs,
    WithdrawBroadcast,
)
from app.domain.commands.watch import (
    CorrectCapacity,
    NoteIncident,
    OpenIncident,
    ResolveIncident,
    SweepQueue,
)
from app.domain.commands.workspace import (
    CreateKey,
    ExtendDeadlines,
    FinalizeFormat,
    LimitKey,
    OpenEpoch,
    OpenWorkspace,
    RevokeKey,
    RotateKey,
    Tick,
    Traced,
    WitnessState,
    bare,
)

Command = (
    Tick
    | OpenWorkspace
    | OpenEpoch
    | ExtendDeadlines
    | WitnessState
    | FinalizeFormat
    | Traced
    | OpenIncident
    | NoteIncident
    | ResolveIncident
    | SweepQueue
    | CorrectCapacity
    | CreateKey
    | LimitKey
    | RotateKey
    | RevokeKey
    | PutQueue
    | RemoveQueue
    | SetQueueStatus
    | SetQueueHours
    | PutAgent
    | RemoveAgent
    | SetMembership
    | PutPresence
    | RemovePresence
    | UndoConfig
    | SetPresence
    | ConnectAgent
    | DisconnectAgent
    | MarkDelivered
    | MarkSeen
    | AcceptOffer
    | DeclineOffer
    | CompleteConversation
    | FinishWrapUp
    | ExtendWrapUp
    | TransferConversation
    | PullConversation
    | EnterConversation
    | CancelConversation
    | MoveConversation
    | AssignConversation
    | RequeueConversation
    | ReleaseConversation
    | QuarantineConversation
    | PrioritizeConversation
    | CloseConversation
    | NoteActivity
    | EndLogin
    | SignOutAgent
    | FreezeRepairs
    | ThawRepairs
    | SendBroadcast
    | WithdrawBroadcast
)

__all__ = [
    "AcceptOffer",
    "AssignConversation",
    "CancelConversation",
    "CloseConversation",
    "Command",
    "CompleteConversation",
    "ConnectAgent",
    "CorrectCapacity",
    "CreateKey",
    "DeclineOffer",
    "DisconnectAgent",
    "EndLogin",
    "EnterConversation",
    "ExtendDeadlines",
    "ExtendWrapUp",
    "FinalizeFormat",
    "FinishWrapUp",
    "FreezeRepairs",
    "LimitKey",
    "MarkDelivered",
    "MarkSeen",
    "MoveConversation",
    "NoteActivity",
    "NoteIncident",
    "OpenEpoch",
    "OpenIncident",
    "OpenWorkspace",
    "PrioritizeConversation",
    "PullConversation",
    "PutAgent",
    "PutPresence",
    "PutQueue",
    "QuarantineConversation",
    "ReleaseConversation",
    "RemoveAgent",
    "RemovePresence",
    "RemoveQueue",
    "RequeueConversation",
    "ResolveIncident",
    "RevokeKey",
    "RotateKey",
    "SendBroadcast",
    "SetMembership",
    "SetPresence",
    "SetQueueHours",
    "SetQueueStatus",
    "SignOutAgent",
    "SweepQueue",
    "ThawRepairs",
    "Tick",
    "Traced",
    "TransferConversation",
    "UndoConfig",
    "WithdrawBroadcast",
    "WitnessState",
    "bare",
]
