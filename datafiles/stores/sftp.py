"""Delivery by SFTP to a server whose host key somebody has confirmed."""

from __future__ import annotations

import errno
import io
import posixpath
import re
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import paramiko

from datafiles.stores.base import (
    PROBE,
    PROBE_NAME,
    DeliveryFault,
    Hold,
    Parcel,
    StoreReport,
    TargetHostKeyChanged,
    TargetHostKeyUnknown,
    TargetLoginFailed,
    TargetRefused,
    TargetUnreachable,
    opened_source,
    pieces,
    verify,
)

CONNECT_TIMEOUT_S = 15.0
# A server that neither takes nor sends a piece for so long is lost.
SILENCE_LIMIT_S = 60.0
LEFTOVER_AGE_S = 3600
REQUEST_BYTES = 32 * 1024
READ_AHEAD_BYTES = 4 * 1024 * 1024
_KEY_BEGINS = "-----BEGIN"
_LEFTOVER = re.compile(r"\.(.+)\.[0-9]+-[0-9]+(?:\.before)?\.part", re.DOTALL)
_REFUSALS = {errno.EACCES, errno.ENOENT, errno.EPERM}


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpStore:
    """A folder of a server. `host_key` is the confirmed fingerprint, `SHA256:...`; `secret` a
    password or a private key in PEM."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    folder: str
    host_key: str | None

    def test(self) -> StoreReport:
        """A server whose key nobody has confirmed gets no login, only its key is read."""
        with self._transport() as transport:
            found = _fingerprint(transport)
            if self.host_key is None:
                return StoreReport(is_ok=False, host_key=found)
            with self._session(transport) as sftp:
                probe = posixpath.join(self.folder or ".", PROBE_NAME)
                with sftp.open(probe, "wb") as file:
                    file.write(PROBE)
                sftp.remove(probe)
            return StoreReport(is_ok=True, host_key=found)

    def deliver(self, parcel: Parcel, hold: Hold) -> None:
        target = posixpath.join(self.folder or ".", parcel.path)
        folder, name = posixpath.split(target)
        temporary = posixpath.join(folder, f".{name}.{parcel.label}.part")
        with self._transport() as transport, self._session(transport) as sftp:
            self._make_folders(sftp, folder)
            try:
                _send(sftp, parcel, temporary, hold)
                _verify(sftp, parcel, temporary)
                hold.confirm()
                _rename(sftp, temporary, target)
            except BaseException:
                with suppress(OSError, paramiko.SSHException, EOFError):
                    sftp.remove(temporary)
                raise
            _remove_leftovers(sftp, folder, name)

    @contextmanager
    def _transport(self) -> Iterator[paramiko.Transport]:
        """An encrypted line; nobody is logged in yet."""
        try:
            line = socket.create_connection((self.host, self.port), timeout=CONNECT_TIMEOUT_S)
            # Small requests must not wait for more to go with them.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(line)
            transport.banner_timeout = transport.auth_timeout = CONNECT_TIMEOUT_S
            try:
                transport.start_client(timeout=CONNECT_TIMEOUT_S)
                yield transport
            finally:
                transport.close()
        except DeliveryFault:
            raise
        except paramiko.AuthenticationException as exc:
            raise TargetLoginFailed(
                f"{self._where} does not accept the login of {self.username}."
            ) from exc
        except (paramiko.SSHException, OSError, EOFError) as exc:
            raise self._fault(exc) from exc

    @contextmanager
    def _session(self, transport: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
        """Logged in, after the key of the server was compared."""
        self._check_host_key(_fingerprint(transport))
        if self.secret.lstrip().startswith(_KEY_BEGINS):
            transport.auth_publickey(self.username, _private_key(self.secret))
        else:
            transport.auth_password(self.username, self.secret)
        sftp = paramiko.SFTPClient.from_transport(transport)
        if sftp is None:
            raise TargetRefused(f"{self._where} offers no SFTP.")
        sftp.get_channel().settimeout(SILENCE_LIMIT_S)
        yield sftp

    def _check_host_key(self, found: str) -> None:
        if self.host_key is None:
            raise TargetHostKeyUnknown(
                f"Nobody has confirmed the key of {self._where} ({found}). Test the target, "
                "compare the fingerprint with the server's, and save it as host_key."
            )
        if found != self.host_key:
            raise TargetHostKeyChanged(
                f"{self._where} answers with the key {found}, confirmed was {self.host_key}. No "
                "secret was sent. If the server was really set up anew, save the new host_key."
            )

    def _make_folders(self, sftp: paramiko.SFTPClient, folder: str) -> None:
        """Folders below the target's own are made; that one must be there."""
        base = self.folder or "."
        _stat_folder(sftp, base)
        below = posixpath.relpath(folder, base)
        for part in [] if below == "." else below.split("/"):
            base = posixpath.join(base, part)
            with suppress(OSError):  # it is there
                sftp.mkdir(base)
        _stat_folder(sftp, base)

    def _fault(self, exc: Exception) -> DeliveryFault:
        if isinstance(exc, OSError) and exc.errno in _REFUSALS:
            return TargetRefused(
                f"{self._where} refuses to write in the folder {self.folder or '.'} "
                f"({exc.strerror or exc}): make it, or let {self.username} write there."
            )
        text = str(exc) or type(exc).__name__
        return TargetUnreachable(f"{self._where} does not answer as it should: {text[:300]}")

    @property
    def _where(self) -> str:
        return f"The server {self.host}:{self.port}"


def _fingerprint(transport: paramiko.Transport) -> str:
    fingerprint: str = transport.get_remote_server_key().fingerprint
    return fingerprint


def _private_key(text: str) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text.strip() + "\n"))
    raise TargetLoginFailed(
        "The private key cannot be read: it must be Ed25519, ECDSA or RSA, without a password."
    )


def _stat_folder(sftp: paramiko.SFTPClient, folder: str) -> None:
    if not stat.S_ISDIR(sftp.stat(folder).st_mode or 0):
        raise NotADirectoryError(errno.EACCES, "it is no folder", folder)


def _send(sftp: paramiko.SFTPClient, parcel: Parcel, temporary: str, hold: Hold) -> None:
    with opened_source(parcel) as source, sftp.open(temporary, "wb") as file:
        file.set_pipelined(True)
        for piece in pieces(source):
            hold.check()
            file.write(piece)


def _verify(sftp: paramiko.SFTPClient, parcel: Parcel, temporary: str) -> None:
    with sftp.open(temporary, "rb") as file:
        verify(parcel, _read_back(file), f"The file {temporary}")


def _read_back(file: paramiko.SFTPFile) -> Iterator[bytes]:
    """Many small requests at a time, as the protocol wants it; the library's own reading ahead of
    a whole file falls back to one at a time when an answer is quick."""
    size = file.stat().st_size or 0
    for start in range(0, size, READ_AHEAD_BYTES):
        end = min(start + READ_AHEAD_BYTES, size)
        places = range(start, end, REQUEST_BYTES)
        yield from file.readv([(place, min(REQUEST_BYTES, end - place)) for place in places])


def _rename(sftp: paramiko.SFTPClient, temporary: str, target: str) -> None:
    """In one step where the server can; for an old server the file before steps aside, and comes
    back when the new one does not get its name."""
    try:
        sftp.posix_rename(temporary, target)
    except OSError as exc:
        if exc.errno in _REFUSALS or _is_folder(sftp, target):
            raise
        aside = f"{temporary.removesuffix('.part')}.before.part"
        with suppress(FileNotFoundError):
            sftp.rename(target, aside)
        try:
            sftp.rename(temporary, target)
        except OSError:
            with suppress(OSError):
                sftp.rename(aside, target)
            raise
        with suppress(OSError):
            sftp.remove(aside)


def _is_folder(sftp: paramiko.SFTPClient, path: str) -> bool:
    try:
        return stat.S_ISDIR(sftp.stat(path).st_mode or 0)
    except FileNotFoundError:
        return False


def _remove_leftovers(sftp: paramiko.SFTPClient, folder: str, name: str) -> None:
    """What killed deliveries of this file left behind; another's failure to go is no fault."""
    with suppress(OSError):
        for entry in sftp.listdir_attr(folder):
            found = _LEFTOVER.fullmatch(entry.filename)
            age_s = time.time() - (entry.st_mtime or time.time())
            if found and found[1] == name and age_s > LEFTOVER_AGE_S:
                sftp.remove(posixpath.join(folder, entry.filename))
