"""Peers that are silent, broken or malicious harm themselves only."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from controller.dataplane.program import Share
from controller.southbound import connection, liveness, session
from controller.southbound.listen import Listen
from controller.southbound.southbound import Southbound
from tests.switch.peer import HELLO, Peer, message
from tests.switch.southbound_lab import Recorder, mac_flow, program_of, serving, until

GOOD, OTHER, STRANGER = 0xA1, 0xA2, 0xBAD
Scenario = Callable[[Southbound, Recorder, int], Awaitable[None]]


def with_a_good_switch(scenario: Scenario) -> None:
    """Run it beside a switch that is fine, and see that it stays so."""

    async def whole() -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        async with serving(Listen("127.0.0.1", port), dpids=(GOOD, OTHER)) as (southbound, recorder):
            good = await Peer.connect(port)
            await good.become_ready(GOOD)
            serving_good = asyncio.create_task(good.serve())
            await until(lambda: recorder.ready)
            await scenario(southbound, recorder, port)
            southbound.replace("s1", program_of(mac_flow(7)))
            assert await southbound.settled(["s1"], 10)
            assert all(name != "s1" for name, _ in recorder.lost)
            serving_good.cancel()
            with suppress(asyncio.CancelledError):
                await serving_good

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (bytes.fromhex("0100000800000001"), "incompatible"),
        (bytes.fromhex("0600001000000001 0001000800000040"), "incompatible"),
        (HELLO + bytes.fromhex("01000008 00000001"), "malformed"),
        (HELLO + bytes.fromhex("04060004 00000001"), "malformed"),
        (HELLO + bytes.fromhex("04060009 00000001 00"), "malformed"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3000, "malformed"),
        (message(6, 1, bytes(24)), "malformed"),
    ],
)
def test_what_is_not_openflow_13_is_refused(data: bytes, kind: str) -> None:
    async def scenario(southbound: Southbound, _: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        peer.send(data)
        assert await peer.is_closed()
        assert southbound.statistics.closed == {kind: 1}

    with_a_good_switch(scenario)


def test_another_version_is_told_why() -> None:
    async def scenario(_: Southbound, __: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        peer.send(bytes.fromhex("0100000800000001"))
        assert (await peer.receive())[0] == 0
        kind, _xid, body = await peer.receive()
        assert (kind, body) == (1, bytes(4) + b"Tenantry speaks OpenFlow 1.3 (version 0x04) only")

    with_a_good_switch(scenario)


@pytest.mark.parametrize("said", [b"", HELLO, HELLO[:5], HELLO + bytes.fromhex("04060020 00000001 0000")])
def test_a_peer_that_says_too_little_is_given_up(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "IDENTIFY_WITHIN", 0.5)

    async def scenario(southbound: Southbound, _: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        peer.send(said)
        assert await peer.is_closed()
        assert southbound.statistics.closed == {"timeout": 1}

    with_a_good_switch(scenario)


def test_a_switch_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "PROBE_AFTER", 0.3)
    monkeypatch.setattr(liveness, "DEAD_AFTER", 0.9)

    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        await peer.become_ready(OTHER)
        peer.send(bytes.fromhex("040a0100 00000000 00"))
        assert await peer.is_closed()
        assert recorder.lost[0][0] == "s2"
        assert "in the middle of a message (9 bytes)" in recorder.lost[0][1]
        assert southbound.statistics.closed == {"silent": 1}

    with_a_good_switch(scenario)


def test_an_unknown_switch_is_refused() -> None:
    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        await peer.say_who(STRANGER)
        assert await peer.is_closed()
        assert southbound.statistics.closed == {"unknown switch": 1}
        assert len(recorder.ready) == 1

    with_a_good_switch(scenario)


def test_a_switch_that_is_connected_cannot_be_taken_over() -> None:
    async def scenario(southbound: Southbound, _: Recorder, port: int) -> None:
        peers = [await Peer.connect(port) for _ in range(3)]
        for peer in peers:
            await peer.say_who(GOOD)
        for peer in peers:
            assert await peer.is_closed()
        assert southbound.statistics.closed == {"duplicate": 3}

    with_a_good_switch(scenario)


def test_a_switch_that_comes_back_takes_its_dead_session_over() -> None:
    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        dead = await Peer.connect(port)
        await dead.become_ready(OTHER)
        await until(lambda: len(recorder.ready) == 2)
        back = await Peer.connect(port)
        await back.become_ready(OTHER)
        await until(lambda: len(recorder.ready) == 3)
        assert [name for name, _ in recorder.lost] == ["s2"]
        assert southbound.statistics.closed == {"superseded": 1}

    with_a_good_switch(scenario)


def test_a_switch_that_is_no_longer_expected_is_dropped() -> None:
    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        other = await Peer.connect(port)
        await other.become_ready(OTHER)
        await until(lambda: len(recorder.ready) == 2)
        southbound.expect({GOOD: "s1"})
        assert await other.is_closed()
        assert recorder.lost == [("s2", "it is no longer in the configuration")]
        southbound.change("s2", Share(), Share())
        assert await southbound.settled(["s1", "s2"], 5)

    with_a_good_switch(scenario)


def test_a_handler_that_fails_ends_no_session(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        other = await Peer.connect(port)
        await other.become_ready(OTHER)
        await until(lambda: len(recorder.ready) == 2)
        recorder.expired = None  # type: ignore[assignment]
        other.send(message(11, 0, struct.pack("!QHBB28x", 0x7E << 56, 1, 0, 0) + bytes.fromhex("0001000400000000")))
        await until(lambda: southbound.statistics.handler_errors)
        assert "the handler of flow_expired failed" in caplog.text
        assert "Traceback" in caplog.text

    with_a_good_switch(scenario)


def test_a_thousand_connections_are_bounded_and_harmless() -> None:
    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        crowd = []
        for _ in range(20):
            crowd += await asyncio.gather(*(Peer.connect(port) for _ in range(50)))
        await until(lambda: southbound.statistics.connections == 1001)
        assert southbound.statistics.closed["crowded"] >= 1000 - 256
        late = await Peer.connect(port)
        await late.become_ready(OTHER)
        await until(lambda: len(recorder.ready) == 2)
        for peer in crowd:
            peer.writer.close()

    with_a_good_switch(scenario)


def test_a_switch_that_does_not_read_delays_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALLED_AFTER", 1.0)

    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        stalled = await Peer.connect(port)
        stalled.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await stalled.become_ready(OTHER)
        await until(lambda: len(recorder.ready) == 2)
        # Once asked whether it has bundles, it is sent all that it is to have.
        southbound.replace("s2", program_of(mac_flow(1), mac_flow(2)))
        obedient = asyncio.create_task(stalled.serve())
        assert await southbound.settled(["s2"], 10)
        obedient.cancel()
        stalled.writer.transport.pause_reading()  # type: ignore[attr-defined]
        southbound.replace("s2", program_of(*(mac_flow(number) for number in range(100_000))))
        southbound.replace("s1", program_of(mac_flow(1)))
        assert await southbound.settled(["s1"], 10)
        await until(lambda: recorder.lost)
        assert southbound.statistics.closed == {"stalled": 1}

    with_a_good_switch(scenario)


def test_a_flood_of_echo_requests_from_a_peer_that_does_not_read_is_bounded() -> None:
    async def scenario(southbound: Southbound, _: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        await peer.become_ready(OTHER)
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        request = message(2, 1, bytes(60_000))
        with suppress(ConnectionError):
            while not southbound.statistics.closed["stalled"]:
                peer.send(request)
                await asyncio.wait_for(peer.writer.drain(), 10)

    with_a_good_switch(scenario)


def test_a_flood_of_copies_starves_nobody() -> None:
    match = bytes.fromhex("0001000c 80000004 00000001 00000000")
    copy = message(10, 0, struct.pack("!IHBBQ", 0xFFFFFFFF, 60, 0, 0, 0x7E << 56) + match + bytes(2) + bytes(60))

    async def scenario(southbound: Southbound, recorder: Recorder, port: int) -> None:
        flooder = await Peer.connect(port)
        await flooder.become_ready(OTHER)

        async def flood() -> None:
            while True:
                flooder.send(copy * 5000)
                await flooder.writer.drain()

        flooding = asyncio.create_task(flood())
        await until(lambda: southbound.statistics.packet_ins_dropped > 10_000)
        for number in range(20):
            southbound.replace("s1", program_of(mac_flow(number)))
            assert await southbound.settled(["s1"], 10)
        flooding.cancel()
        assert recorder.packets
        assert recorder.lost == []

    with_a_good_switch(scenario)


def test_a_multipart_reply_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.southbound.readback.MAX_REPLY_BYTES", 1_000_000)

    async def scenario(southbound: Southbound, _: Recorder, port: int) -> None:
        peer = await Peer.connect(port)
        await peer.say_who(OTHER)
        asked, xid, body = await peer.receive()
        assert asked == 18
        part = message(19, xid, body[:2] + b"\x00\x01" + bytes(4) + bytes(64_000))
        with suppress(ConnectionError):
            for _part in range(40):
                peer.send(part)
                await peer.writer.drain()
        assert await peer.is_closed()
        assert southbound.statistics.closed == {"too much": 1}

    with_a_good_switch(scenario)
