"""The real server before peers that are malformed, huge, slow, deaf, many, or nobody."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from controller.api import connection, content
from controller.api.endpoint import Endpoint
from controller.api.serving import Serving
from controller.event_log import EventKind
from controller.northbound.client import Refused, Server, ask, events
from controller.southbound.listen import Listen, ListenError, Tls
from controller.timings import Timings
from tests.unit.api_site import START, NoWrites, Planner, Site, Switches, core_of, events_of, serving
from tests.unit.free_port import free_port

TOKEN = b"a token of some length"
STATUS = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path) as site:
        yield site


@contextmanager
def connected(site: Site) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(site.socket))
        yield client


def everything(client: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    found = b""
    try:
        while data := client.recv(65536):
            found += data
    except ConnectionResetError:
        pass
    return found


def answers(site: Site) -> bool:
    return bool(ask(Server(Listen(path=site.socket)), "/api/v1/status", {})["version"])


def is_cut_off(client: socket.socket) -> bool:
    try:
        client.sendall(1000 * STATUS)
    except (BrokenPipeError, ConnectionResetError):
        return True
    except TimeoutError:
        pass
    return False


def test_the_socket_is_ours_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    with serving(tmp_path) as site:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert answers(site)
    assert not path.exists()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + 20_000 * b"x",
        b"GET / HTTP/1.1\r\n" + 2_000 * b"X-Y: zzzzzzzz\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_ends(site: Site, sent: bytes) -> None:
    with connected(site) as client:
        client.sendall(sent)
        found = everything(client)
    assert found.startswith(b"HTTP/1.1 400 ")
    assert json.loads(found.partition(b"\r\n\r\n")[2])["status"] == 400
    assert answers(site)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"PUT /api/v1/tenants/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n" + 100_000 * b"x", 413),
        (b"PUT /api/v1/tenants/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 411),
        (b"DELETE /api/v1/tenants/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413),
        (b"PUT /api/v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
        (b"PUT /api/v1/tenants/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 409),
        (b"PUT /api/v1/tenants/a?dry_run=x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 422),
        (b"PUT /api/v1/tenants/a%2Fb%2Fc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
        (b"POST /api/v1/networks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\nConnection: close\r\n\r\n", 405),
        (b"GET /api/v1/networks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n" + 100_000 * b"x", 413),
        (b"GET /api/v1/networks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 413),
        (b"BREW /pot HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
        (b"GET /api/v1/events/stream HTTP/1.1\r\nHost: a\r\nLast-Event-ID: x\r\nConnection: close\r\n\r\n", 422),
        (b"GET http://elsewhere/metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    ],
)
def test_what_cannot_be_asked_is_a_problem(site: Site, sent: bytes, status: int) -> None:
    with connected(site) as client:
        client.sendall(sent)
        head, _, body = everything(client).partition(b"\r\n\r\n")
    assert f" {status} ".encode() in head.splitlines()[0]
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status
    assert answers(site)


def test_head_is_answered_without_a_body(site: Site) -> None:
    with connected(site) as client:
        client.sendall(b"HEAD /api/v1/status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head, _, body = everything(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""


def test_who_does_not_finish_asking_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN", 0.3)
    monkeypatch.setattr(connection, "LOOK_EVERY", 0.05)
    with serving(tmp_path) as site, connected(site) as silent, connected(site) as slow:
        began = time.monotonic()
        for letter in STATUS[:5]:
            slow.sendall(bytes([letter]))
            time.sleep(0.02)
        assert everything(silent) == everything(slow) == b""
        assert time.monotonic() < began + 2


def test_who_does_not_read_is_cut_off_and_others_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_WITHIN", 1.5)
    monkeypatch.setattr(connection, "LOOK_EVERY", 0.05)
    with serving(tmp_path) as site, ExitStack() as stack:
        deaf = [stack.enter_context(connected(site)) for _ in range(10)]
        for client in deaf:
            # Large answers, so that soon nothing more fits into the socket.
            client.sendall(50 * STATUS.replace(b"status", b"flows?limit=1000"))
        assert answers(site)
        assert not is_cut_off(deaf[-1]), "they are still there"
        patience = time.monotonic() + 30
        while not all(map(is_cut_off, deaf)):
            assert time.monotonic() < patience, "nobody waits for them for ever"
            time.sleep(0.1)
        assert answers(site)


def test_there_is_a_most_of_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST", 3)
    with serving(tmp_path) as site:
        with ExitStack() as stack:
            clients = [stack.enter_context(connected(site)) for _ in range(4)]
            assert everything(clients[3]) == b""
            clients[0].sendall(STATUS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert everything(clients[0]).startswith(b"HTTP/1.1 200 ")
        assert answers(site)


def test_many_at_once_are_answered_in_turn(site: Site) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(site)) for _ in range(50)]
        for client in clients:
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert {everything(client)[:13] for client in clients} == {b"HTTP/1.1 200 "}


def test_on_tcp_only_who_has_the_token_is_answered(tmp_path: Path) -> None:
    listen = Listen("127.0.0.1", free_port())
    with serving(tmp_path, [Endpoint(listen, TOKEN)]) as site:
        assert ask(Server(listen, TOKEN.decode()), "/api/v1/status", {})["version"]
        for wrong in ("", "x", f"{TOKEN.decode()}x", TOKEN.decode()[:-1]):
            with pytest.raises(Refused, match="show the token"):
                ask(Server(listen, wrong), "/metrics", {})
        assert answers(site), "the socket needs none"


def test_without_a_token_tcp_is_for_who_asks_for_this_machine(tmp_path: Path) -> None:
    listen = Listen("127.0.0.1", free_port())
    with serving(tmp_path, [Endpoint(listen)]):
        for host, status in ((b"localhost", 200), (b"127.0.0.1:80", 200), (b"[::1]:1", 200), (b"evil.example", 421)):
            with socket.create_connection((listen.host, listen.port)) as client:
                client.sendall(b"GET /api/v1/status HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n")
                assert everything(client).split(b" ")[1] == str(status).encode(), host


def put(client: socket.socket, host: bytes = b"localhost", token: bytes = b"", body: bytes = b"{}") -> bytes:
    """Status and detail of what becomes of a write."""
    head = b"PUT /api/v1/tenants/blue HTTP/1.1\r\nConnection: close\r\nHost: " + host
    head += b"\r\nAuthorization: Bearer " + token if token else b""
    client.sendall(head + b"\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    answer = everything(client)
    detail = str(json.loads(answer.partition(b"\r\n\r\n")[2])["detail"])
    return answer.split(b" ")[1] + b" " + detail.encode()


def test_only_who_is_known_may_write(tmp_path: Path) -> None:
    """What gets through is refused by `NoWrites`, with 409."""
    through = b"409 nothing is changed here: tenants/blue"
    closed, open_to_all = Listen("127.0.0.1", free_port()), Listen("127.0.0.1", free_port())
    with serving(tmp_path, [Endpoint(closed, TOKEN), Endpoint(open_to_all)]) as site:

        def at(listen: Listen, **named: bytes) -> bytes:
            with socket.create_connection((listen.host, listen.port)) as client:
                return put(client, **named)

        with connected(site) as client:
            assert put(client) == through
        assert at(closed, token=TOKEN) == through
        for wrong in (b"", b"x", TOKEN + b"x"):
            assert at(closed, token=wrong) == b"401 show the token: Authorization: Bearer TOKEN"
        shut = b"403 nothing can be changed at an endpoint without a token (--api-token); use the daemon's socket file"
        assert at(open_to_all) == at(open_to_all, token=TOKEN) == shut
        assert at(open_to_all, host=b"evil.example").startswith(b"421 ")
        assert at(closed, token=TOKEN, body=b"[").startswith(b"400 ")
        assert ask(Server(open_to_all), "/api/v1/status", {})["version"], "questions are answered"


def test_who_does_not_finish_a_body_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "BODY_WITHIN", 0.3)
    with serving(tmp_path) as site, connected(site) as slow:
        slow.sendall(b"PUT /api/v1/tenants/blue HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        with connected(site) as other:
            assert put(other).startswith(b"409 ")
        assert everything(slow).startswith(b"HTTP/1.1 408 ")


def test_over_tls_both_sides_are_known(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"]
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    listen = Listen("localhost", free_port(), tls=Tls(certificate, key, Path()))
    with serving(tmp_path, [Endpoint(listen, TOKEN)]):
        assert ask(Server(listen, TOKEN.decode(), certificate), "/api/v1/status", {})["version"]
        with pytest.raises(Refused, match="show the token"):
            ask(Server(listen, "", certificate), "/api/v1/status", {})
        context = ssl.create_default_context()
        with socket.create_connection(("localhost", listen.port)) as plain, pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="localhost")


def test_a_place_that_cannot_be_listened_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    missing = Listen(path=tmp_path / "missing" / "api.sock")

    async def opened(endpoint: Endpoint) -> None:
        timings = Timings(time.monotonic)
        server = Serving(core_of(), Switches(), events_of(), timings, NoWrites(), Planner())
        try:
            await server.open([endpoint])
        finally:
            server.close()

    with pytest.raises(ListenError, match="no such file or directory"):
        asyncio.run(opened(Endpoint(missing)))
    with caplog.at_level(logging.WARNING):
        asyncio.run(opened(Endpoint(missing, is_optional=True)))
    assert [record.getMessage() for record in caplog.records] == [
        f"no questions are answered there: cannot listen on unix:{missing.path}: no such file or directory"
    ]


def test_a_stream_goes_on_after_the_last_event_that_was_seen(site: Site) -> None:
    after = int(START * 1000) + 1000
    found = events(Server(Listen(path=site.socket)), {}, str(after))
    assert next(found)[:2] == ("address-learned", f"{after + 1000}")
    assert next(found)[:2] == ("link-down", f"{after + 2000}")
    site.add(EventKind.LINK_UP, "link up")
    kind, number, data = next(found)
    assert (kind, number) == ("link-up", f"{int(START * 1000) + 9000}")
    assert (json.loads(data)["text"], json.loads(data)["id"]) == ("link up", int(number))


@pytest.mark.parametrize("last", ["5", "9700000000000"])
def test_a_stream_says_when_events_were_missed(site: Site, last: str) -> None:
    found = events(Server(Listen(path=site.socket)), {"switch": "s1"}, last)
    assert next(found) == ("gap", str(int(START * 1000)), "{}")
    assert next(found)[0] == "switch-connected"


def test_a_stream_that_is_not_read_is_cut_off_and_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_WITHIN", 0.3)
    monkeypatch.setattr(connection, "LOOK_EVERY", 0.05)
    with serving(tmp_path) as site, connected(site) as deaf:
        reader = events(Server(Listen(path=site.socket)), {}, str(int(START * 1000) + 2000))
        assert next(reader)[0] == "link-down"
        deaf.sendall(b"GET /api/v1/events/stream HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        for number in range(3000):
            site.add(EventKind.LINK_UP, f"{number} {500 * 'x'}")
        for number in range(3000):
            assert json.loads(next(reader)[2])["text"].startswith(f"{number} ")
        time.sleep(1)
        assert everything(deaf).count(b"event: link-up") < 3000


def test_streams_end_with_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        found = events(Server(Listen(path=site.socket)), {}, str(int(START * 1000) + 2000))
        next(found)
    assert list(found) == []
