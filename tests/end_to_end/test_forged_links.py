"""Announcements from where none should come: none draws a link, each is counted as what it is."""

from __future__ import annotations

import os
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from controller.southbound.lldp import FORGED, Announcement, BadFrame, decode_frame, encode_frame
from namespaces import ip_batch
from prober import Prober
from station import Station
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs

WIRE = "s1-eth2"
"""The end at s1 of the wire to s2."""
PLUG, INTRUDER = "strange0", "strange1"
"""An interface of s2 that is no tenant's, and what is wired to it."""
GUEST = "h1"
LLDP = 0x88CC
ADDRESSES = 14
"""Octets by which the switch tells an announcement."""
SHORTEST = 60


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "line.yaml", tmp_path_factory.mktemp("line")) as installation:
        ip_batch([f"link add {PLUG} type veth peer name {INTRUDER}", f"link set {PLUG} up", f"link set {INTRUDER} up"])
        try:
            installation.lab.switches["s2"].vsctl("add-port", "s2", PLUG)
            yield installation
        finally:
            ip_batch([f"link del {PLUG}"])


@contextmanager
def listening(interface: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(LLDP)) as opened:
        opened.bind((interface, LLDP))
        opened.settimeout(5.0)
        yield opened


def next_announcement(interface: str) -> bytes:
    """An announcement that arrives at an interface, as it is sent now."""
    with listening(interface) as opened:
        while True:
            data, (_, _, kind, *_) = opened.recvfrom(2048)
            if kind != socket.PACKET_OUTGOING:
                return data


def kind_of(data: bytes, secret: bytes) -> str:
    """What is wrong with a frame that was made of one which was just heard."""
    try:
        decode_frame(data, secret)
    except BadFrame as bad:
        return bad.kind
    return "replayed"


def fuzzed(frame: bytes, random: random.Random) -> bytes:
    """The frame with some octets changed, and cut or padded at random."""
    data = bytearray(frame)
    for _ in range(random.randrange(1, 6)):
        data[random.randrange(ADDRESSES, len(data))] = random.randrange(256)
    length = random.randrange(SHORTEST, 250)
    return bytes(data[:length]).ljust(length, b"\0")


def link_changes(line: Installation) -> list[str]:
    return re.findall(r'message="(link (?:up|down)[^"]*)"', line.log())


def test_an_interface_that_is_wired_to_its_own_switch_is_named_and_is_no_link(line: Installation) -> None:
    switch, links = line.lab.switches["s2"], link_changes(line)
    switch.vsctl("add-port", "s2", INTRUDER)
    line.wait_for_log(f"wire looped: s2:{PLUG} and s2:{INTRUDER} are on one switch")
    switch.vsctl("del-port", "s2", INTRUDER)
    line.wait_for_log(f"wire no longer looped: s2:{PLUG} and s2:{INTRUDER} are on one switch")
    assert link_changes(line) == links


def test_no_frame_draws_a_link_or_takes_one_away_and_each_is_counted(line: Installation) -> None:
    secret = (line.daemon.state / "discovery.secret").read_bytes()
    links, expected = link_changes(line), Counter[str]()
    stations = [line.lab.stations[GUEST], Station(INTRUDER, "", (), INTRUDER, os.getpid())]
    with Prober(stations) as prober:

        def send(data: bytes, kind: str | None) -> None:
            """From the guest and from the intruder; what guests send does not even reach the daemon."""
            for name in (GUEST, INTRUDER):
                prober.send_raw(name, data)
            if kind:
                expected[kind] += 1

        old, own, last = (next_announcement(interface) for interface in (WIRE, INTRUDER, WIRE))
        for frame in (own, last):
            send(frame, None)
            for _ in range(5):
                send(frame, "replayed")
        for _ in range(5):
            send(encode_frame(Announcement(1, WIRE, 2, int(time.time() * 1000)), os.urandom(32)), FORGED)
            send(encode_frame(Announcement(1, WIRE, 2, int(time.time() * 1000) - 1), secret), "stale")
        random_frames = random.Random(7)
        for data in (fuzzed(last, random_frames) for _ in range(200)):
            send(data, kind_of(data, secret))
        time.sleep(2.2)
        for _ in range(5):
            send(old, "stale")
        eventually(lambda: "announcement not believed, stale" in line.log(), "what was sent last")
    assert line.reach().is_right
    assert link_changes(line) == links
    assert line.daemon.stop() == 0
    counted = re.findall(r"announcements refused \((\w+)\) (\d+)", line.log())
    assert {kind: int(number) for kind, number in counted} == expected
    assert expected.keys() == {"forged", "malformed", "foreign", "stale", "replayed"}
