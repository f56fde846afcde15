"""Requests and responses of login, users and API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, RootModel, StringConstraints

from models import LoginSession, User
from services.api_keys import KeyWithUse
from services.key_rules import DEFAULT_ACTIONS, Scope
from services.reading_rights import EVERYTHING
from vocabulary import DataAction
from webapi.schemas import Model, Moment, Name, OptionalInt

# Longer than any password that can be set, so that a wrong one is refused as wrong.
Password = Annotated[str, StringConstraints(max_length=1000)]
KeyTexts = Annotated[list[Annotated[str, StringConstraints(max_length=200)]], Field(max_length=50)]


class Credentials(Model):
    """Absent and empty fields are a wrong login, not a faulty request."""

    username: Annotated[str, BeforeValidator(lambda v: "" if v is None else v)] = ""
    password: Annotated[str, BeforeValidator(lambda v: "" if v is None else v)] = ""


class LoginOut(Model):
    """Who logged in. `must_change_password` is there only when true."""

    username: str
    role: str
    must_change_password: bool | None = None


class MeOut(Model):
    """Who is logged in, if anybody."""

    authenticated: bool
    username: str | None = None
    role: str | None = None
    must_change_password: bool | None = None


class PasswordChange(Model):
    """A new password for oneself."""

    current_password: Password
    new_password: Password


class UserPath(Model):
    """A user by number."""

    user_id: int


class SessionPath(Model):
    """A session by number."""

    session_id: int


class SessionOut(Model):
    """Where one is logged in; `is_current` is the session that asks."""

    session_id: int
    created_at: datetime
    last_seen_at: datetime
    address: str
    user_agent: str | None
    is_current: bool

    @classmethod
    def of(cls, found: LoginSession, current_id: int) -> Self:
        return cls(
            session_id=found.session_id,
            created_at=found.created_at,
            last_seen_at=found.last_seen_at,
            address=found.address,
            user_agent=found.user_agent,
            is_current=found.session_id == current_id,
        )


class SessionList(RootModel[list[SessionOut]]):
    """Sessions, the newest first."""


class UserCreate(Model):
    """A new user. `must_change_password`: the password given here is good for one thing only."""

    username: Name
    password: Password
    role: Name
    must_change_password: bool = False


class UserUpdate(Model):
    """What to change of a user; blank or absent means unchanged. `must_change_password` goes with
    a new password."""

    role: Name | None = None
    password: Password | None = None
    must_change_password: bool = False


class UserOut(Model):
    """A user without anything secret."""

    user_id: int
    username: str
    role: str

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user_id=user.user_id, username=user.username, role=user.role)


class UserList(RootModel[list[UserOut]]):
    """Users by name."""


class UserCreated(Model):
    """The number of the new user."""

    user_id: int


class ApiKeyPath(Model):
    """An API key by number."""

    api_key_id: int


class ApiKeyCreate(Model):
    """A new key; without `expires_at` it is valid until it is revoked.

    `datasets` are names or patterns (`*` within a folder, `**` below it); absent: all of them.
    """

    name: Name
    expires_at: Moment = None
    datasets: KeyTexts = [EVERYTHING]  # noqa: RUF012 - pydantic copies it
    actions: list[DataAction] = [DataAction(word) for word in DEFAULT_ACTIONS]  # noqa: RUF012
    networks: KeyTexts = []  # noqa: RUF012
    rate_per_minute: OptionalInt = None

    def scope(self) -> Scope:
        return Scope(
            tuple(self.datasets), tuple(self.actions), tuple(self.networks), self.rate_per_minute
        )


class ApiKeyChange(ApiKeyCreate):
    """All of a key but its secret: every member must be there, that none be lost by oversight."""

    expires_at: Moment
    datasets: KeyTexts
    actions: list[DataAction]
    networks: KeyTexts
    rate_per_minute: OptionalInt


class ApiKeyOut(Model):
    """A key without its secret; `prefix` is the part that tells keys apart. `unused`: nobody has
    used it for `data_api.unused_after_days`, null: nor could they, it is younger than that."""

    api_key_id: int
    name: str
    prefix: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_address: str | None
    last_user_agent: str | None
    datasets: list[str]
    actions: list[str]
    networks: list[str]
    rate_per_minute: int | None
    unused: bool | None

    @classmethod
    def of(cls, found: KeyWithUse) -> Self:
        key = found.key
        stored = ApiKeyOut.model_fields.keys() - {"datasets", "unused"}
        members = {name: getattr(key, name) for name in stored}
        return cls(**members, datasets=key.dataset_patterns, unused=found.use.unused)


class ApiKeyList(RootModel[list[ApiKeyOut]]):
    """Keys, newest first."""


class ApiKeyCreated(ApiKeyOut):
    """The one answer that holds the whole key."""

    key: str

    @classmethod
    def with_key(cls, found: KeyWithUse, key: str) -> Self:
        return cls(**ApiKeyOut.of(found).model_dump(), key=key)
