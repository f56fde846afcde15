"""Which web addresses the server calls for others, and that it connects to no other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import outgoing
from services.outgoing import OutgoingFailed, OutgoingRefused, check_web_address, send

PUBLIC = "93.184.215.14"
INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.1.2.3", "10.0.0.5", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1",
    "2002:7f00:1::", "2001:db8::1",
]  # fmt: skip
NO_ADDRESSES = [
    "", "x", "//h/", "ftp://h/", "file:///etc/passwd", "gopher://h/", "https://", "https:///x",
    "https://user@h/", "https://user:pass@h/", "https://h:0/", "https://h:99999/", "https://h:x/",
    "https://h\\@127.0.0.1/", "https://h/\r\nX: y", "https://h/ x", "https://ção/", "https://[::1",
    "https://h/" + "x" * 3000, "javascript:alert(1)",
]  # fmt: skip


def at(*addresses: str) -> outgoing.Resolve:
    return lambda _host, _port: addresses


def test_security_ssrf_public_https_is_called_at_the_address_that_was_checked() -> None:
    where = check_web_address("https://Example.org/a?b=c#d", resolve=at(PUBLIC))
    assert (where.host, where.port, where.target) == ("example.org", 443, "/a?b=c")
    assert where.address == PUBLIC


@pytest.mark.parametrize("address", INSIDE)
def test_security_ssrf_an_address_inside_is_refused(address: str) -> None:
    with pytest.raises(OutgoingRefused, match="not a public address"):
        check_web_address("https://example.org/", resolve=at(address))
    # One good address among several does not help.
    with pytest.raises(OutgoingRefused):
        check_web_address("https://example.org/", resolve=at(PUBLIC, address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "0x7f.1", "2130706433", "017700000001", "localhost", "127.1"]
)
def test_security_ssrf_other_ways_to_write_loopback_are_refused(host: str) -> None:
    # The system's own resolver reads them, as a connection would.
    with pytest.raises((OutgoingRefused, OutgoingFailed)):
        check_web_address(f"https://{host}/")


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_security_ssrf_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        check_web_address(url, resolve=at(PUBLIC))


def test_security_ssrf_without_tls_only_where_the_settings_say_so() -> None:
    with pytest.raises(OutgoingRefused, match="https"):
        check_web_address("http://example.org/", resolve=at(PUBLIC))
    for allowed in (["fotos.interno"], ["10.0.0.0/8"], ["10.0.0.5"]):
        where = check_web_address(
            "http://fotos.interno:8080/", allowed=allowed, resolve=at("10.0.0.5")
        )
        assert (where.address, where.port) == ("10.0.0.5", 8080)
    with pytest.raises(OutgoingRefused):
        check_web_address("https://x/", allowed=["10.0.0.0/8"], resolve=at("10.0.0.5", "127.0.0.1"))


@given(st.text(max_size=60))
def test_security_ssrf_any_text_is_an_address_or_a_refusal(text: str) -> None:
    for url in (text, f"https://{text}", f"https://h/{text}"):
        try:
            where = check_web_address(url, resolve=at(PUBLIC))
        except OutgoingRefused:
            continue
        assert where.address == PUBLIC
        assert "\r" not in where.target
        assert "\n" not in where.target


@contextmanager
def server(answer: Sequence[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Answers one connection with these bytes; gives its port and what it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                heard.append(connection.recv(65536))
                try:
                    for part in answer:
                        connection.sendall(part)
                except OSError:
                    pass  # the reader had enough

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join(30)


def ask(port: int, *, timeout_s: float = 20) -> outgoing.WebAnswer:
    # The name would lead elsewhere: only the address that was checked is connected to.
    where = check_web_address(
        f"http://fotos.invalid:{port}/a", allowed=["fotos.invalid"], resolve=at("127.0.0.1")
    )
    return send(where, timeout_s=timeout_s)


def test_security_ssrf_the_checked_address_is_connected_to_and_the_name_asked_for() -> None:
    with server([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]) as (port, heard):
        answer = ask(port)
    assert (answer.status, answer.body) == (200, b"ok")
    assert f"Host: fotos.invalid:{port}".encode() in heard[0]


def test_security_ssrf_a_redirection_is_not_followed() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with server([head]) as (port, _), pytest.raises(OutgoingFailed, match="redirect"):
        ask(port)


def test_security_ssrf_an_endless_answer_is_cut() -> None:
    parts = [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 65536] * 40]
    with server(parts) as (port, _), pytest.raises(OutgoingFailed, match="over"):
        ask(port)


def test_security_ssrf_a_server_that_never_answers_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(OutgoingFailed):
            ask(silent.getsockname()[1], timeout_s=0.3)
