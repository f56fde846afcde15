"""Requests and responses of channels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, RootModel, StringConstraints

from models import Channel
from webapi.schemas import Model, Name

Secret = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]
Options = Annotated[dict[str, Any], Field(max_length=20)]
Recipient = Annotated[str, StringConstraints(max_length=400)]
Recipients = Annotated[list[Recipient], Field(max_length=50)]


class ChannelPathParameter(Model):
    """A channel by number."""

    channel_id: int


class ChannelCreate(Model):
    """`kind` email: options `host`, `port`, `security` (starttls, tls or none), `username`,
    `sender`, `sender_name`, `recipients`, `ca_pem`; the secret is the password. `webhook`: `url`;
    the secret signs. `slack` and `teams`: no options; the secret is the address they give.
    `telegram`: `recipients` (numbers of chats), `endpoint`; the secret is the bot's token.
    `language`: en or pt-BR."""

    name: Name
    kind: Name
    language: Name = "pt-BR"
    options: Options = Field(default_factory=dict)
    secret: Secret | None = None


class ChannelUpdate(Model):
    """What to change; absent means unchanged, options are replaced as a whole, the kind stays. The
    secret can be written, never read."""

    name: Name = ""
    kind: Name = ""
    language: Name = ""
    options: Options = Field(default_factory=dict)
    secret: Secret | None = None


class ChannelOut(Model):
    """A channel without its secret; `has_secret` says whether one is stored."""

    channel_id: int
    name: str
    kind: str
    language: str
    options: dict[str, Any]
    has_secret: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, channel: Channel) -> Self:
        same = [name for name in cls.model_fields if name != "has_secret"]
        return cls(
            has_secret=channel.secret_encrypted is not None,
            **{name: getattr(channel, name) for name in same},
        )


class ChannelList(RootModel[list[ChannelOut]]):
    """Channels by name."""


class ChannelCreated(Model):
    """The number of the new channel."""

    channel_id: int


class ChannelTest(Model):
    """Who gets the test; nobody named: the channel's own recipients."""

    recipients: Recipients = Field(default_factory=list)


class ChannelTestOut(Model):
    """The server took the message; `refused` are recipients it did not take, with its words."""

    ok: bool
    refused: dict[str, str]
    elapsed_ms: int
