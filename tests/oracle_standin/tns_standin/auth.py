# ruff: noqa: S324 - the 11g verifier is made of SHA-1 and MD5
"""The server half of the O5LOGON password exchange (11g and 12c verifiers)."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TYPE_10G, TYPE_11G, TYPE_12C = 0x939, 0xB152, 0x4815
VGEN_ROUNDS, SDER_ROUNDS = 4096, 3


def _aes(key: bytes):
    return Cipher(algorithms.AES(key), modes.CBC(bytes(16)))


def _enc(key: bytes, data: bytes) -> bytes:
    e = _aes(key).encryptor()
    return e.update(data) + e.finalize()


def _dec(key: bytes, data: bytes) -> bytes:
    d = _aes(key).decryptor()
    return d.update(data) + d.finalize()


class Challenge:
    """One login: offers a challenge, then checks what the client answers."""

    def __init__(self, password: str, verifier: str = "12c") -> None:
        self.kind = verifier
        self.combo = b""
        pw = password.encode()
        if verifier == "12c":
            self.salt, self.csk = secrets.token_bytes(16), secrets.token_bytes(16)
            spd = hashlib.pbkdf2_hmac(
                "sha512", pw, self.salt + b"AUTH_PBKDF2_SPEEDY_KEY", VGEN_ROUNDS, 64
            )
            self.hash = hashlib.sha512(spd + self.salt).digest()[:32]
            self.part_a = secrets.token_bytes(32)
        else:
            self.salt = secrets.token_bytes(10)
            self.hash = hashlib.sha1(pw + self.salt).digest() + bytes(4)
            self.part_a = secrets.token_bytes(40) + b"\x08" * 8
        self.password = pw

    def pairs(self) -> list[tuple[str, str, int]]:
        """(key, value, flags) for the first answer of the server."""
        kind = {"12c": TYPE_12C, "11g": TYPE_11G, "10g": TYPE_10G}[self.kind]
        out = [
            ("AUTH_SESSKEY", _enc(self.hash, self.part_a).hex().upper(), 0),
            ("AUTH_VFR_DATA", self.salt.hex().upper(), kind),
        ]
        if self.kind == "12c":
            out += [
                ("AUTH_PBKDF2_CSK_SALT", self.csk.hex().upper(), 0),
                ("AUTH_PBKDF2_VGEN_COUNT", str(VGEN_ROUNDS), 0),
                ("AUTH_PBKDF2_SDER_COUNT", str(SDER_ROUNDS), 0),
            ]
        return out

    def check(self, got: dict[str, str]) -> bool:
        part_b = _dec(self.hash, bytes.fromhex(got["AUTH_SESSKEY"]))
        if self.kind == "12c":
            seed = (part_b[:32] + self.part_a[:32]).hex().upper().encode()
            self.combo = hashlib.pbkdf2_hmac("sha512", seed, self.csk, SDER_ROUNDS, 32)
        else:
            mix = bytes(a ^ b for a, b in zip(self.part_a[16:40], part_b[16:40], strict=False))
            self.combo = (hashlib.md5(mix[:16]).digest() + hashlib.md5(mix[16:]).digest())[:24]
        plain = _dec(self.combo, bytes.fromhex(got["AUTH_PASSWORD"]))
        pad = plain[-1]
        if not 1 <= pad <= 16 or plain[-pad:] != bytes((pad,)) * pad:
            return False
        return secrets.compare_digest(plain[16:-pad], self.password)

    def server_response(self) -> str:
        """Proves to the client that the server knows the password too."""
        plain = secrets.token_bytes(16) + b"SERVER_TO_CLIENT" + b"\x10" * 16
        return _enc(self.combo, plain).hex().upper()
