"""TLS between the southbound and a real Open vSwitch."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from controller.southbound.listen import Listen, Tls
from namespaces import entered, run
from private_ovs import PrivateOvs
from tests.switch.certificates import certificates
from tests.switch.southbound_lab import (
    BRIDGE,
    as_text,
    flows_of,
    fresh_bridge,
    mixed_program,
    private_ovs,
    serving,
    until,
)

pytestmark = pytest.mark.ovs


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[PrivateOvs, int]]:
    with private_ovs(tmp_path / "ovs") as running:
        fresh_bridge(running[0])
        yield running


def test_tls_serves_switches_with_a_certificate_and_no_others(lab: tuple[PrivateOvs, int], tmp_path: Path) -> None:
    ovs = lab[0]
    certificates(tmp_path, "controller", "switch")
    tls = Tls(tmp_path / "controller.pem", tmp_path / "controller.key", tmp_path / "ca.pem")
    run(["ip", "link", "set", "lo", "up"], pid=lab[1])
    program = mixed_program()
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE

    async def scenario() -> None:
        with entered(lab[1]):
            serve = serving(Listen("127.0.0.1", 6653, tls=tls))
            southbound, recorder = await serve.__aenter__()
        southbound.replace("s1", program)
        with entered(lab[1]):
            plain = socket.create_connection(("127.0.0.1", 6653))
        plain.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=plain, ssl=stranger, server_hostname="x")
        with suppress(OSError):
            # To the client a TLS 1.3 handshake looks finished before the server has seen that it has no certificate.
            writer.write(bytes.fromhex("0400000800000001"))
            assert not await reader.read(100)
        await until(lambda: southbound.statistics.closed["tls"] == 1)
        files = [str(tmp_path / name) for name in ("switch.key", "switch.pem", "ca.pem")]
        ovs.vsctl("set-ssl", *files)
        ovs.vsctl("set-controller", BRIDGE, "ssl:127.0.0.1:6653")
        await until(lambda: recorder.ready)
        assert await southbound.settled(["s1"], 10)
        assert flows_of(ovs) == as_text(program)
        began = time.monotonic()
        await serve.__aexit__(None, None, None)
        assert time.monotonic() - began < 1
        assert flows_of(ovs) == as_text(program)

    asyncio.run(scenario())
