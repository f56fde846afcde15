"""What every kind of target promises, and the errors of deliveries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol

from auxiliares import AutomacaoError

CHUNK_BYTES = 1 << 20
PROBE_NAME = ".automacaosql-probe.part"
PROBE = b"AutomacaoSQL was here and may write.\n"


class DeliveryFault(AutomacaoError):
    """Base of what goes wrong on the way; a transient fault is tried again by itself."""

    code: ClassVar[str] = "delivery_failed"
    status: ClassVar[int] = 502
    is_transient: ClassVar[bool] = True


class TargetUnreachable(DeliveryFault):
    """The target does not answer, or the line was lost."""

    code: ClassVar[str] = "target_unreachable"


class TargetLoginFailed(DeliveryFault):
    """The target does not accept the login or its secret."""

    code: ClassVar[str] = "target_login_failed"
    is_transient: ClassVar[bool] = False


class TargetRefused(DeliveryFault):
    """The target answers and does not take the file: no bucket, no folder, no right to write."""

    code: ClassVar[str] = "target_refused"
    is_transient: ClassVar[bool] = False


class TargetHostKeyUnknown(DeliveryFault):
    """Nobody has confirmed the key of this server yet, so no secret is sent to it."""

    code: ClassVar[str] = "target_host_key_unknown"
    status: ClassVar[int] = 409
    is_transient: ClassVar[bool] = False


class TargetHostKeyChanged(DeliveryFault):
    """Another key answers than the one that was confirmed."""

    code: ClassVar[str] = "target_host_key_changed"
    status: ClassVar[int] = 409
    is_transient: ClassVar[bool] = False


class DeliveryNotVerified(DeliveryFault):
    """What was read back is not what was sent; the file was not put in place."""

    code: ClassVar[str] = "delivery_not_verified"


class DeliverySourceUnfit(DeliveryFault):
    """The version's own file is gone, unreadable, or not what the manifest says."""

    code: ClassVar[str] = "delivery_source_unfit"
    status: ClassVar[int] = 500
    is_transient: ClassVar[bool] = False


class DeliveryAbandoned(DeliveryFault):
    """The delivery is somebody else's by now, superseded, or this worker stops."""

    code: ClassVar[str] = "delivery_abandoned"
    status: ClassVar[int] = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file to deliver: where it lies, under which relative path it goes, what it must be.

    `label` tells temporary files of different deliveries apart.
    """

    source: Path
    path: str
    size_bytes: int
    sha256: str
    label: str


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What a test of a target found. A host key that nobody confirmed is shown to be confirmed."""

    is_ok: bool
    host_key: str | None = None


class Hold(Protocol):
    """Whether a delivery still is ours."""

    def check(self) -> None:
        """Between two pieces; costs nothing. Raises DeliveryAbandoned."""

    def confirm(self) -> None:
        """Just before the file gets its name: asks the ledger. Raises DeliveryAbandoned."""


class Store(Protocol):
    """A target that can be written to. Every method raises DeliveryFault."""

    def test(self) -> StoreReport:
        """Log in, write a small file and remove it."""

    def deliver(self, parcel: Parcel, hold: Hold) -> None:
        """Send, verify size and hash, and give the file its name; complete or not at all."""


def pieces(file: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The rest of a file, piece by piece."""
    while piece := file.read(size):
        yield piece


def verify(parcel: Parcel, read_back: Iterable[bytes], where: str) -> None:
    """Raises DeliveryNotVerified when these bytes are not the version's."""
    digest, size = hashlib.sha256(), 0
    for piece in read_back:
        digest.update(piece)
        size += len(piece)
    if (size, digest.hexdigest()) != (parcel.size_bytes, parcel.sha256):
        raise DeliveryNotVerified(
            f"{where} holds {size} bytes with another content than the version of "
            f"{parcel.size_bytes} bytes. It was not put in place and is sent again."
        )


def opened_source(parcel: Parcel) -> BinaryIO:
    """The version's file. Raises DeliverySourceUnfit."""
    try:
        return parcel.source.open("rb")
    except OSError as exc:
        raise DeliverySourceUnfit(
            f"The file {parcel.source.name} of the version cannot be read ({exc.strerror}); "
            "run the job again."
        ) from exc
