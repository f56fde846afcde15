"""What every way of sending shares: its faults, and the test of an address."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import ClassVar

from auxiliares import AutomacaoError

# Connecting, and each answer; the whole may take `TOTAL_S` and a second for every `BYTES_A_SECOND`.
STEP_TIMEOUT_S = 20.0
TOTAL_S = 90.0
BYTES_A_SECOND = 100_000

# The numeric addresses of a host that may be connected to; raises ChannelAddressRefused.
Resolve = Callable[[str, int], list[str]]


class SendFault(AutomacaoError):
    """A message was not taken. `is_transient`: trying again may help, after `retry_after_s` at
    least."""

    code = "notification_failed"
    status = 502
    is_transient: ClassVar[bool] = False

    def __init__(self, message: str, *, retry_after_s: float = 0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ChannelUnreachable(SendFault):
    """Nobody answers, too late, or the line broke."""

    code = "channel_unreachable"
    is_transient = True


class ChannelBusy(SendFault):
    """The server asks to be tried later."""

    code = "channel_busy"
    is_transient = True


class ChannelRefused(SendFault):
    """The server does not take the message."""

    code = "channel_refused"


class ChannelLoginFailed(SendFault):
    """The server does not take the login, the token or the address with its secret."""

    code = "channel_login_failed"


class RecipientsRefused(SendFault):
    """The server takes none of the recipients, or not all of them."""

    code = "recipients_refused"


class ChannelAddressRefused(SendFault):
    """The address is one that no message may go to."""

    code = "channel_address_refused"
    status = 422


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, but not those of this link alone, where clouds keep secrets.

    Raises ChannelUnreachable where the name is unknown, or ChannelAddressRefused.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise ChannelUnreachable(f"The name {host} cannot be resolved: {exc}") from exc
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        number = ipaddress.ip_address(address.partition("%")[0])
        if number.is_link_local or number.is_multicast or number.is_unspecified:
            raise ChannelAddressRefused(f"{host} is {address}, which no message may go to.")
    return addresses


def time_limit(size_bytes: int) -> float:
    """How many seconds sending so much may take in all."""
    return TOTAL_S + size_bytes / BYTES_A_SECOND
