"""An SFTP server on 127.0.0.1 over a folder, with faults on command."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paramiko

USERNAME, PASSWORD = "empresa", "segredo-do-parceiro"


class SftpServer:
    """`refuses_writes` answers "permission denied"; after `room` bytes a file gets no more;
    `garbles` stores something else than what was sent; `is_old` knows no posix-rename;
    `refuses_names` gives no file its name."""

    def __init__(self, root: Path, *, allowed_key: paramiko.PKey | None = None) -> None:
        self.root = root
        self.allowed_key = allowed_key
        self.host_key: paramiko.PKey = paramiko.ECDSAKey.generate()
        self.refuses_writes = self.garbles = self.is_old = self.refuses_names = False
        self.room: int | None = None
        self.logins: list[str] = []
        self._closing = threading.Event()
        self._lines: list[paramiko.Transport] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    @property
    def fingerprint(self) -> str:
        return str(self.host_key.fingerprint)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for line in self._lines:
            line.close()
        self._thread.join(10)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                line = self._listening.accept()[0]
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(line)
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, owner=self)
            self._lines.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(event=threading.Event(), server=_Login(self))


class _Login(paramiko.ServerInterface):
    def __init__(self, server: SftpServer) -> None:
        self.server = server

    def check_auth_password(self, username: str, password: str) -> int:
        self.server.logins.append(password)
        is_right = (username, password) == (USERNAME, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_right = username == USERNAME and key == self.server.allowed_key
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, _username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, _kind: str, _number: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _File(paramiko.SFTPHandle):
    server: SftpServer

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def write(self, offset: int, data: bytes) -> int:
        room = self.server.room
        if room is not None and offset + len(data) > room:
            return paramiko.SFTP_FAILURE
        return int(super().write(offset, data[::-1] if self.server.garbles else data))


def _mode(flags: int) -> str:
    if flags & os.O_RDWR:
        return "r+b"
    return "wb" if flags & os.O_WRONLY else "rb"


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, login: Any, *args: Any, owner: SftpServer, **kwargs: Any) -> None:
        super().__init__(login, *args, **kwargs)
        self.server = owner

    def _real(self, path: str) -> Path:
        return self.server.root / self.canonicalize(path).lstrip("/")

    def open(self, path: str, flags: int, _attributes: Any) -> Any:
        if self.server.refuses_writes and flags & os.O_CREAT:
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            handle = os.open(self._real(path), flags, 0o644)
        except OSError as exc:
            return paramiko.SFTPServer.convert_errno(exc.errno)
        file = _File(flags)
        file.server = self.server
        file.readfile = file.writefile = os.fdopen(handle, _mode(flags))
        return file

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as exc:
            return paramiko.SFTPServer.convert_errno(exc.errno)

    lstat = stat

    def list_folder(self, path: str) -> Any:
        entries = []
        for entry in os.scandir(self._real(path)):
            attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
            attributes.filename = entry.name
            entries.append(attributes)
        return entries

    def remove(self, path: str) -> int:
        return self._tried(lambda: self._real(path).unlink())

    def mkdir(self, path: str, _attributes: Any) -> int:
        return self._tried(lambda: self._real(path).mkdir())

    def rename(self, oldpath: str, newpath: str) -> int:
        """As version 3 of the protocol says: never over a file that is there."""
        is_new = oldpath.endswith(".part") and not oldpath.endswith(".before.part")
        if self._real(newpath).exists() or (is_new and self.server.refuses_names):
            return paramiko.SFTP_FAILURE
        return self._tried(lambda: self._real(oldpath).rename(self._real(newpath)))

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if self.server.is_old:
            return paramiko.SFTP_OP_UNSUPPORTED
        return self._tried(lambda: self._real(oldpath).replace(self._real(newpath)))

    @staticmethod
    def _tried(action: Any) -> int:
        try:
            action()
        except OSError as exc:
            return int(paramiko.SFTPServer.convert_errno(exc.errno))
        return int(paramiko.SFTP_OK)
