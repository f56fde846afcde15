"""Delivery into a bucket of an S3-compatible store; an object appears whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store as ObjectStore

if TYPE_CHECKING:
    from obstore.store import S3Credential

from datafiles.stores.base import (
    PROBE,
    PROBE_NAME,
    DeliveryFault,
    DeliveryNotVerified,
    DeliverySourceUnfit,
    Hold,
    Parcel,
    StoreReport,
    TargetLoginFailed,
    TargetRefused,
    TargetUnreachable,
    opened_source,
    pieces,
    verify,
)

# A store takes at most 10,000 parts; files beyond 75 GB get larger ones.
PART_BYTES = 8 * 1024 * 1024
MAX_PARTS = 9_000
PARTS_AT_ONCE = 2
CONNECT_TIMEOUT = timedelta(seconds=10)
REQUEST_TIMEOUT = timedelta(seconds=120)
_ERROR_CODE = re.compile(r"<Code>(\w+)</Code>")
_LOGIN_CODES = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"})
_REFUSED_CODES = frozenset(
    {"NoSuchBucket", "AccessDenied", "InvalidBucketName", "AllAccessDisabled"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Store:
    """A bucket; `endpoint` None means AWS itself."""

    endpoint: str | None
    bucket: str
    region: str
    key_id: str
    secret: str = field(repr=False)
    path_style: bool = True

    def test(self) -> StoreReport:
        store = self._opened()
        try:
            obstore.put(store, PROBE_NAME, PROBE, use_multipart=False)
            obstore.delete(store, PROBE_NAME)
        except (BaseError, OSError) as exc:
            raise self._fault(exc) from exc
        return StoreReport(is_ok=True)

    def deliver(self, parcel: Parcel, hold: Hold) -> None:
        """The entity tag proves the content where it is the MD5 of what was sent; else the object
        is read back."""
        store, sending = self._opened(), _Sending(parcel, hold)
        try:
            obstore.put(
                store,
                parcel.path,
                # An upload in parts has at least one byte.
                sending.parts() if parcel.size_bytes else b"".join(sending.parts()),
                chunk_size=sending.part_bytes,
                max_concurrency=PARTS_AT_ONCE,
            )
            found = obstore.head(store, parcel.path)
            if found["size"] != parcel.size_bytes:
                raise DeliveryNotVerified(
                    f"The object {parcel.path} has {found['size']} bytes, the version "
                    f"{parcel.size_bytes}. It is sent again."
                )
            if (found["e_tag"] or "").strip('"') not in sending.entity_tags():
                stream = obstore.get(store, parcel.path).stream()
                verify(parcel, map(bytes, stream), f"The object {parcel.path}")
        except (BaseError, OSError) as exc:
            raise self._fault(exc) from exc

    def _opened(self) -> ObjectStore:
        """Nothing is taken from the environment: neither keys, nor a token, nor an address."""
        endpoint = self.endpoint or f"https://s3.{self.region}.amazonaws.com"
        return ObjectStore(
            self.bucket,
            endpoint=endpoint,
            aws_endpoint_url_s3=endpoint,
            region=self.region,
            credential_provider=self._credentials,
            virtual_hosted_style_request=not self.path_style,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": CONNECT_TIMEOUT,
                "timeout": REQUEST_TIMEOUT,
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=60)},
        )

    def _credentials(self) -> S3Credential:
        return {
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
            "expires_at": None,
        }

    def _fault(self, exc: Exception) -> DeliveryFault:
        text = str(exc)
        found = _ERROR_CODE.search(text)
        code = found[1] if found else ""
        if code in _LOGIN_CODES or isinstance(exc, UnauthenticatedError):
            return TargetLoginFailed(
                f"The store does not accept key id or secret of the bucket {self.bucket} ({code})."
            )
        if code in _REFUSED_CODES or isinstance(exc, PermissionDeniedError | FileNotFoundError):
            return TargetRefused(
                f"The store refuses to write to the bucket {self.bucket} ({code or 'not found'}): "
                "make the bucket, or let the key write to it."
            )
        first = text.splitlines()[0] if text else type(exc).__name__
        return TargetUnreachable(f"The store does not answer as it should: {first[:300]}")


class _Sending:
    """The parts of a file on their way, hashed as they pass."""

    def __init__(self, parcel: Parcel, hold: Hold) -> None:
        self._parcel, self._hold = parcel, hold
        self.part_bytes = max(PART_BYTES, -(-parcel.size_bytes // MAX_PARTS))
        self._sha256, self._md5s = hashlib.sha256(), list[bytes]()

    def parts(self) -> Iterator[bytes]:
        """Without its last part there is no object: content and ledger are asked before it."""
        sent = 0
        with opened_source(self._parcel) as source:
            if self._parcel.size_bytes == 0:
                self._hold.confirm()
            for part in pieces(source, self.part_bytes):
                sent += len(part)
                self._sha256.update(part)
                self._md5s.append(hashlib.md5(part, usedforsecurity=False).digest())
                if sent >= self._parcel.size_bytes:
                    self._check_content()
                    self._hold.confirm()
                self._hold.check()
                yield part

    def _check_content(self) -> None:
        if self._sha256.hexdigest() != self._parcel.sha256:
            raise DeliverySourceUnfit(
                f"The file {self._parcel.source.name} is not what the manifest says; it was not "
                "sent. Run the job again."
            )

    def entity_tags(self) -> set[str]:
        """What a store answers that keeps the MD5 of the content, sent in parts or as one."""
        joined = hashlib.md5(b"".join(self._md5s), usedforsecurity=False).hexdigest()
        tags = {f"{joined}-{len(self._md5s)}"}
        if len(self._md5s) == 1:
            tags.add(self._md5s[0].hex())
        return tags
