"""Every code of the public protocol with its meaning: close codes, problems, refusals.

Holds tables, no behaviour. A code is stable: clients decide by it, people read the text beside it.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final

from app.domain.refusals import Refusal

R = Refusal
COME_BACK_MIN: Final = 4000
STAY_AWAY_MIN: Final = 4500


class CloseCode(IntEnum):
    """Why a WebSocket ended. 4000-4499: come back; 4500-4999: do not by yourself."""

    NORMAL = 1000
    GOING = 1001
    TOO_BIG = 1009
    RESTART = 1012
    OVERLOAD = 1013
    RESUME_REFUSED = 4001
    SLOW_READER = 4009
    NO_PONG = 4011
    RATE = 4408
    BAD_TICKET = 4500
    SESSION_OVER = 4501
    SUPERSEDED = 4502
    FORBIDDEN = 4503
    PROTOCOL = 4506

    @property
    def come_back(self) -> bool:
        """Whether the client should connect again by itself."""
        return self.value < STAY_AWAY_MIN and self is not CloseCode.NORMAL


CLOSE_MEANING: Final[dict[CloseCode, str]] = {
    CloseCode.NORMAL: "logged out",
    CloseCode.GOING: "the other side is going away",
    CloseCode.TOO_BIG: "a frame was larger than the limit named in the hello reply",
    CloseCode.RESTART: "the server restarts; come back after reconnect_in_ms of the draining push",
    CloseCode.OVERLOAD: "the server has too much to do; come back later, with jitter",
    CloseCode.RESUME_REFUSED: "this session cannot be resumed; come back without resume",
    CloseCode.SLOW_READER: "pushes were not read fast enough; come back and resume",
    CloseCode.NO_PONG: "no pong came; come back and resume",
    CloseCode.RATE: "too many frames, or too many new sockets; come back later and with fewer",
    CloseCode.BAD_TICKET: "the ticket is unknown, used or stale, or no hello came; get a new one",
    CloseCode.SESSION_OVER: "the session or its key was ended; sign in again",
    CloseCode.SUPERSEDED: "the session was taken over by another socket",
    CloseCode.FORBIDDEN: "this role may not do that",
    CloseCode.PROTOCOL: "not a frame of interlock.v1",
}


class Problem(StrEnum):
    """Codes that are not refusals of the engine: of HTTP problems and of refused frames."""

    BODY_INVALID = "body_invalid"
    QUERY_INVALID = "query_invalid"
    FRAME_INVALID = "frame_invalid"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    REQUEST_TIMEOUT = "request_timeout"
    RATE_LIMITED = "rate_limited"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    ORIGIN_REFUSED = "origin_refused"
    NOT_FOUND = "not_found"
    UNKNOWN_USER = "unknown_user"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    HTTP_ERROR = "http_error"
    STORE_UNAVAILABLE = "store_unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    PENDING = "pending"
    OVERLOADED = "overloaded"
    FORMAT_NOT_READY = "format_not_ready"
    PRECONDITION_FAILED = "precondition_failed"
    NOT_OWNER = "not_owner"
    INTERNAL = "internal"


P = Problem
PROBLEM_STATUS: Final[dict[str, int]] = {
    P.BODY_INVALID: 400,
    P.QUERY_INVALID: 400,
    P.FRAME_INVALID: 400,
    P.UNKNOWN_TYPE: 400,
    P.UNAUTHENTICATED: 401,
    P.FORBIDDEN: 403,
    P.ORIGIN_REFUSED: 403,
    P.NOT_FOUND: 404,
    P.UNKNOWN_USER: 404,
    P.METHOD_NOT_ALLOWED: 405,
    P.REQUEST_TIMEOUT: 408,
    P.TOO_LARGE: 413,
    P.UNSUPPORTED_MEDIA_TYPE: 415,
    P.RATE_LIMITED: 429,
    P.HTTP_ERROR: 400,
    P.FORMAT_NOT_READY: 409,
    P.PRECONDITION_FAILED: 412,
    P.INTERNAL: 500,
    P.STORE_UNAVAILABLE: 503,
    P.OUTCOME_UNKNOWN: 503,
    P.PENDING: 503,
    P.OVERLOADED: 503,
    P.NOT_OWNER: 503,
}
_NOT_FOUND = frozenset(
    {
        R.UNKNOWN_CONVERSATION,
        R.UNKNOWN_QUEUE,
        R.UNKNOWN_AGENT,
        R.UNKNOWN_OFFER,
        R.UNKNOWN_KEY,
        R.UNKNOWN_PRESENCE,
        R.UNKNOWN_VERSION,
        R.UNKNOWN_INCIDENT,
        R.UNKNOWN_BROADCAST,
    }
)
_NOT_ALLOWED = frozenset({R.NOT_YOURS, R.PULL_NOT_ALLOWED})

TITLES: Final[dict[str, str]] = {
    P.BODY_INVALID: "The body cannot be taken as it is",
    P.QUERY_INVALID: "The query cannot be taken as it is",
    P.FRAME_INVALID: "The frame cannot be taken as it is",
    P.UNKNOWN_TYPE: "No such command",
    P.TOO_LARGE: "The body is too large",
    P.UNSUPPORTED_MEDIA_TYPE: "The body must be JSON",
    P.REQUEST_TIMEOUT: "The request took too long to arrive",
    P.RATE_LIMITED: "Too many calls",
    P.UNAUTHENTICATED: "Not signed in",
    P.FORBIDDEN: "Not allowed for this role",
    P.ORIGIN_REFUSED: "The request comes from another site",
    P.NOT_FOUND: "Nothing is served here",
    P.UNKNOWN_USER: "No such user",
    P.METHOD_NOT_ALLOWED: "Not with this method",
    P.HTTP_ERROR: "The request cannot be answered",
    P.INTERNAL: "A fault of the server",
    P.STORE_UNAVAILABLE: "The store is away; nothing was taken",
    P.OUTCOME_UNKNOWN: "It is not known whether this was taken",
    P.PENDING: "Durability is not known yet; the final answer follows",
    P.OVERLOADED: "Too much to do; nothing was taken",
    P.NOT_OWNER: "This node does not serve the workspace now",
    P.PRECONDITION_FAILED: "It was changed since you read it",
    P.FORMAT_NOT_READY: "The stored format cannot be finalized now",
    R.UNKNOWN_CONVERSATION: "No such conversation",
    R.UNKNOWN_QUEUE: "No such queue",
    R.UNKNOWN_AGENT: "No such agent",
    R.UNKNOWN_OFFER: "No such offer",
    R.UNKNOWN_KEY: "No such key",
    R.UNKNOWN_PRESENCE: "No such presence",
    R.UNKNOWN_VERSION: "No such change of configuration",
    R.UNKNOWN_INCIDENT: "No such incident",
    R.UNKNOWN_BROADCAST: "No such message",
    R.NOT_YOURS: "It belongs to somebody else",
    R.OFFER_EXPIRED: "The offer's time has passed",
    R.OFFER_TAKEN: "Another agent took it",
    R.OFFER_RESCINDED: "The offer was taken back",
    R.OFFER_DECLINED: "The offer was declined",
    R.CONVERSATION_EXISTS: "This id is another conversation's",
    R.CONVERSATION_ENDED: "The conversation has ended",
    R.WRONG_STATE: "The conversation's state does not allow it",
    R.QUEUE_FULL: "The queue is full",
    R.QUEUE_DRAINING: "The queue takes nothing in",
    R.QUEUE_IN_USE: "The queue holds conversations",
    R.AGENT_IN_USE: "The agent holds work",
    R.NO_CAPACITY: "The agent has no room",
    R.NOT_A_MEMBER: "The agent is not a member of the queue",
    R.NOT_EXTENDABLE: "This wrap-up cannot be extended",
    R.NOT_ELIGIBLE: "The agent may not have it now",
    R.NOTHING_WAITING: "Nothing waits that the agent may have",
    R.PULL_NOT_ALLOWED: "The agent may not pick conversations",
    R.PRESENCE_IN_USE: "An agent is in this presence, or about to be",
    R.CHANGED_SINCE: "It was changed again since",
    R.ALREADY_OPEN: "The workspace is open already",
    R.NOT_IN_FORMAT: "The stored format in force cannot say it",
    R.BROADCAST_EXISTS: "This id is another message's",
    R.TOO_MANY_BROADCASTS: "Too many messages within a minute",
}
TEMPORARY: Final = frozenset(
    {
        P.STORE_UNAVAILABLE,
        P.OUTCOME_UNKNOWN,
        P.PENDING,
        P.OVERLOADED,
        P.RATE_LIMITED,
        P.REQUEST_TIMEOUT,
        P.NOT_OWNER,
        P.FORMAT_NOT_READY,
        R.QUEUE_FULL,
        R.QUEUE_DRAINING,
        R.NO_CAPACITY,
        R.NOT_ELIGIBLE,
        R.NOTHING_WAITING,
        R.TOO_MANY_BROADCASTS,
    }
)
"""Codes for which the very same command can succeed later."""


def status_of(code: str) -> int:
    """The HTTP status of a code; refusals: 404 unknown, 403 another's, 429 too often, 409 against
    the state.
    """
    if code in PROBLEM_STATUS:
        return PROBLEM_STATUS[code]
    if code in _NOT_FOUND:
        return 404
    if code == R.TOO_MANY_BROADCASTS:
        return 429
    return 403 if code in _NOT_ALLOWED else 409


def is_temporary(code: str) -> bool:
    """Whether sending the same again later makes sense."""
    return code in TEMPORARY


def title_of(code: str) -> str:
    """The short human text of a code; the code itself for one without."""
    return TITLES.get(code, code)
