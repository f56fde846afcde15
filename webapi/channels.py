"""Channels: ways to people; secrets go in and never come out."""

from __future__ import annotations

import logging
import time
from typing import cast

from flask import Response

from metadb.engine import unit_of_work
from services import channels
from services.channels import ChannelFields
from services.clock import database_now
from services.sending import FOR_TESTS
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.channel_schemas import (
    ChannelCreate,
    ChannelCreated,
    ChannelList,
    ChannelOut,
    ChannelPathParameter,
    ChannelTest,
    ChannelTestOut,
    ChannelUpdate,
)
from webapi.fair_shares import asking_others
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings

log = logging.getLogger(__name__)

bp = resource("channels", __name__, tag="notifications")


@bp.get("/api/channels", responses={200: ChannelList})
@access(Rule.NORMAL)
def list_channels() -> Response:
    """Every channel, by name."""
    with unit_of_work() as session:
        return answer_list([ChannelOut.of(channel) for channel in channels.list_channels(session)])


@bp.get("/api/channels/<int:channel_id>", responses={200: ChannelOut})
@access(Rule.NORMAL)
def get_channel(path: ChannelPathParameter) -> Response:
    """One channel."""
    with unit_of_work() as session:
        return answer(ChannelOut.of(channels.get_channel(session, path.channel_id)))


@bp.post("/api/channels", responses={201: ChannelCreated})
@access(Rule.MODERATOR)
def create_channel(body: ChannelCreate) -> Response:
    """Save a channel; it is not tried."""
    with unit_of_work() as session:
        channel = channels.create_channel(
            session, cast("ChannelFields", body.model_dump()), settings=current_settings()
        )
        out = ChannelCreated(channel_id=channel.channel_id)
    return answer(out, 201, location=f"/api/channels/{out.channel_id}")


@bp.put("/api/channels/<int:channel_id>", responses={200: Message})
@access(Rule.MODERATOR)
def update_channel(path: ChannelPathParameter, body: ChannelUpdate) -> Response:
    """Change a channel; an absent secret stays as it is."""
    with unit_of_work() as session:
        changed = channels.update_channel(
            session,
            path.channel_id,
            cast("ChannelFields", body.model_dump(exclude_unset=True)),
            settings=current_settings(),
            is_root=actor().is_root,
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.delete("/api/channels/<int:channel_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_channel(path: ChannelPathParameter) -> Response:
    """Delete a channel that no rule sends to."""
    with unit_of_work() as session:
        channels.delete_channel(session, path.channel_id)
    return answer(Message(msg="deleted"))


@bp.post("/api/channels/<int:channel_id>/test", responses={200: ChannelTestOut})
@access(Rule.MODERATOR)
def test_channel(path: ChannelPathParameter, body: ChannelTest) -> Response:
    """Send a test message now; what the server refuses is the answer."""
    started = time.monotonic()
    settings = current_settings()
    with unit_of_work() as session:
        channel = channels.get_channel(session, path.channel_id)
        at = database_now(session)
    letter, recipients = channels.trial_letter(channel, body.recipients, settings)
    with asking_others():
        way = channels.opened(channel, settings)
        delivered = way.send(letter, recipients, at=at, limits=FOR_TESTS)
    not_taken = delivered.refused | dict.fromkeys(delivered.later, "later")
    log.info("channel_tested", extra={"channel": channel.name, "is_ok": not not_taken})
    elapsed_ms = round((time.monotonic() - started) * 1000)
    return answer(ChannelTestOut(ok=not not_taken, refused=not_taken, elapsed_ms=elapsed_ms))
