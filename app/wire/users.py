"""Local users: bodies, answers, and the calls about them.

MUST NOT hold behaviour, nor let a password out: no answer has a field for one.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from app.domain import commands as c
from app.domain.refusals import Refusal as R
from app.domain.state import Key
from app.wire.bodies import KeyLimits
from app.wire.codes import Problem as P
from app.wire.fields import Id, wrong
from app.wire.route import ADMIN, Route
from app.wire.shapes import At

PASSWORD_MIN: Final = 12
UserRole = Literal["agent", "supervisor", "admin"]
NewPassword = Annotated[
    str,
    Meta(
        min_length=PASSWORD_MIN,
        max_length=256,
        description="Of any characters; length is what counts.",
    ),
]


class PasswordBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Another password."""

    password: NewPassword


class UserBody(KeyLimits, kw_only=True):
    """A user with a name and a password; ``agent``: whose desk a user of role agent has."""

    password: NewPassword
    role: UserRole
    agent: Id | None = None

    def __post_init__(self) -> None:
        if (self.agent is not None) != (self.role == "agent"):
            raise wrong("agent", 'goes with role "agent", and that does not go without')
        if self.role != "supervisor" and (self.queues is not None or self.hides_customers):
            name = "hides_customers" if self.queues is None else "queues"
            raise wrong(name, 'goes with role "supervisor" only: leave it out')

    def command(self, key: str, name: str, hashed: str, by: str) -> c.CreateKey:
        """As a command; ``hashed`` is what is stored of the password."""
        return c.CreateKey(key, name, self.role, hashed, self.agent, by, *self.limits())


def set_password(key: str, hashed: str, by: str) -> c.RotateKey:
    """As a command: the password before is good no more."""
    return c.RotateKey(key, hashed, 0, by)


class UserShape(Struct, kw_only=True):
    """One local user."""

    id: str
    role: UserRole
    agent: str | None
    queues: list[str] | None
    hides_customers: bool
    created_at: At
    expires_at: At | None
    password_set_at: At


class UserList(Struct, kw_only=True):
    """All of them."""

    users: list[UserShape]


def user_view(key: Key) -> dict[str, Any]:
    """One user, without anything of the password."""
    return {
        "id": key.name,
        "role": key.role,
        "agent": key.agent,
        "queues": key.queues,
        "hides_customers": key.hides_customers,
        "created_at": key.created_at,
        "expires_at": key.expires_at or None,
        "password_set_at": key.rotated_at or key.created_at,
    }


USERS: Final = (
    Route("GET", "/v1/users", "list_users", "All local users.", ADMIN, {200: (UserList, "Found.")}),
    Route(
        "PUT",
        "/v1/users/{id}",
        "put_user",
        "Make a local user, or make one anew: what was signed in under that name ends.",
        ADMIN,
        {201: (UserShape, "Made."), 200: (UserShape, "Made anew.")},
        UserBody,
        (R.UNKNOWN_AGENT, R.UNKNOWN_QUEUE, R.NOT_IN_FORMAT),
    ),
    Route(
        "POST",
        "/v1/users/{id}/password",
        "set_user_password",
        "Give a local user another password; what is signed in with the one before ends.",
        ADMIN,
        {200: (UserShape, "Done.")},
        PasswordBody,
        (P.UNKNOWN_USER, R.NOT_IN_FORMAT),
    ),
    Route(
        "DELETE",
        "/v1/users/{id}",
        "delete_user",
        "Remove a local user, with all sign-ins and sockets.",
        ADMIN,
        {204: (None, "Gone.")},
        refusals=(P.UNKNOWN_USER,),
    ),
)
