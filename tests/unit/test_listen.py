"""Endpoints: how they are written, and what is said when they cannot be listened on."""

from __future__ import annotations

import asyncio
import re
import socket
import stat
from pathlib import Path

import pytest

from controller.southbound.listen import Listen, ListenError, Tls, open_server, parse_listen, tls_context

TLS = Tls(Path("c"), Path("k"), Path("a"))


@pytest.mark.parametrize("text", ["tcp:127.0.0.1:6653", "tcp:[::1]:6653", "ssl:example.org:6653", "unix:/run/x.sock"])
def test_round_trip(text: str) -> None:
    assert str(parse_listen(text, TLS)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6653", "'6653' is no endpoint; write tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH"),
        ("unix:", "'unix:' is no endpoint; write tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH"),
        ("tcp:::1:6653", "'tcp:::1:6653': write an IPv6 address in brackets, as in tcp:[::1]:6653"),
        ("tcp:x:70000", "'tcp:x:70000': write a host and a port up to 65535, as in tcp:127.0.0.1:6653"),
        ("ssl:x:1", "'ssl:x:1' needs a certificate, its key, and the authority of the switches' certificates"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_listen(text)


def refusal(endpoint: Listen) -> str:
    async def listen() -> str:
        with pytest.raises(ListenError) as caught:
            await open_server(endpoint, asyncio.Protocol)
        return str(caught.value)

    return asyncio.run(listen())


def test_an_address_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refusal(Listen("127.0.0.1", port))
        assert said == f"cannot listen on tcp:127.0.0.1:{port}: address already in use"


def test_an_address_that_is_not_ours() -> None:
    assert refusal(Listen("192.0.2.1", 6653)) == "cannot listen on tcp:192.0.2.1:6653: cannot assign requested address"


def test_socket_files(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))

    async def listen() -> None:
        server = await open_server(Listen(path=path), asyncio.Protocol)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(ListenError, match="somebody else listens there"):
            await open_server(Listen(path=path), asyncio.Protocol)
        server.close()

    asyncio.run(listen())
    path.unlink()
    path.write_text("precious")
    assert refusal(Listen(path=path)) == f"cannot listen on unix:{path}: there is a file that is no socket"
    assert path.read_text() == "precious"


def test_bad_certificates(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no certificate")
    with pytest.raises(ListenError) as caught:
        tls_context(Tls(tmp_path / "c", tmp_path / "k", tmp_path / "a"))
    assert str(caught.value).startswith(f"cannot use certificate {tmp_path}/c with key {tmp_path}/k: ")
