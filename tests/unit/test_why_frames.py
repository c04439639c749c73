"""The frames that are asked about are what they claim to be, as os-ken reads them; captures and traces are read."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from os_ken.lib.packet import arp, ethernet, icmp, icmpv6, ipv4, ipv6, packet, packet_utils, tcp, udp, vlan

from controller.dataplane.fields import mac_number
from controller.northbound.pcap import BadCapture, frames_of
from controller.northbound.trace import Traced, read_trace
from controller.why.frames import Ends, frame_of, packet_in, packet_of, wanted_of
from controller.why.payloads import Pair

HERE, THERE = "02:00:00:00:00:01", "02:00:00:00:00:02"
FOUR = Pair(ip_address("10.0.0.1"), ip_address("10.0.0.2"))
SIX = Pair(ip_address("fd00::1"), ip_address("fd00::1:2:3"))


def built(text: str, ips: Pair, tags: tuple[int, ...] = ()) -> packet.Packet:
    made = packet_of(wanted_of(text), Ends(mac_number(HERE), mac_number(THERE), ips, tags))
    data = frame_of(made)
    again = packet_in(data)
    assert (again.eth_dst, again.eth_src, again.eth_type, again.tags) == (
        *(made.eth_dst, made.eth_src),
        *(made.eth_type, made.tags),
    )
    return packet.Packet(data)


def is_right(protocol: int, ips: Pair, body: bytes) -> bool:
    """Whether the checksum over a body and its pseudo header (RFC 8200, 8.1) comes to nothing."""
    pseudo = ips.source.packed + ips.destination.packed + struct.pack("!II", len(body), protocol)
    return bool(packet_utils.checksum(pseudo + body) == 0)


def test_a_ping() -> None:
    found = built("icmp", FOUR, (7,))
    assert (found.get_protocol(ethernet.ethernet).src, found.get_protocol(ethernet.ethernet).dst) == (HERE, THERE)
    assert found.get_protocol(vlan.vlan).vid == 7
    head = found.get_protocol(ipv4.ipv4)
    assert (head.src, head.dst, head.proto) == ("10.0.0.1", "10.0.0.2", 1)
    assert packet_utils.checksum(found.data[18:38]) == 0
    assert found.get_protocol(icmp.icmp).type == 8
    assert packet_utils.checksum(found.data[38:46]) == 0


def test_a_ping_of_ipv6() -> None:
    found = built("icmp6", SIX)
    head = found.get_protocol(ipv6.ipv6)
    assert (head.src, head.dst, head.nxt) == ("fd00::1", "fd00::1:2:3", 58)
    assert found.get_protocol(icmpv6.icmpv6).type_ == 128
    assert is_right(58, SIX, found.data[54:62])


def test_who_has_it() -> None:
    found = built("arp", FOUR)
    assert found.get_protocol(ethernet.ethernet).dst == "ff:ff:ff:ff:ff:ff"
    asked = found.get_protocol(arp.arp)
    assert (asked.opcode, asked.src_mac, asked.src_ip, asked.dst_ip) == (1, HERE, "10.0.0.1", "10.0.0.2")


def test_who_has_it_in_ipv6() -> None:
    found = built("nd", SIX)
    assert found.get_protocol(ethernet.ethernet).dst == "33:33:ff:02:00:03"
    head = found.get_protocol(ipv6.ipv6)
    assert (head.dst, head.hop_limit) == ("ff02::1:ff02:3", 255)
    asked = found.get_protocol(icmpv6.icmpv6)
    assert (asked.type_, asked.data.dst, asked.data.option.hw_src) == (135, "fd00::1:2:3", HERE)
    assert is_right(58, Pair(SIX.source, ip_address("ff02::1:ff02:3")), found.data[54:])


@pytest.mark.parametrize("ips", [FOUR, SIX])
def test_connections_and_datagrams(ips: Pair) -> None:
    found = built("tcp/443", ips)
    segment = found.get_protocol(tcp.tcp)
    assert (segment.dst_port, segment.bits, segment.window_size) == (443, tcp.TCP_SYN, 65535)
    start = 34 if ips is FOUR else 54
    assert is_right(6, ips, found.data[start : start + 20])
    found = built("udp/53", ips)
    assert found.get_protocol(udp.udp).dst_port == 53
    assert is_right(17, ips, found.data[start : start + 8])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tcp", "it is neither icmp, arp, tcp/PORT, udp/PORT, icmp6 or nd, nor a frame in hex"),
        ("tcp/0", "ports of tcp are 1 to 65535"),
        ("udp/65536", "ports of udp are 1 to 65535"),
        ("abc", "it is neither icmp, arp, tcp/PORT, udp/PORT, icmp6 or nd, nor a frame in hex"),
        ("0200000000010200000000", "it is shorter than the header of a frame"),
        ("020000000001020000000002810000", "it is shorter than the header of a frame"),
        ("00" * 2049, "it is a frame of 2049 bytes; at most 2048 are taken"),
    ],
)
def test_what_is_no_frame(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=rf"^{said}$"):
        wanted_of(text)


@given(
    st.binary(min_size=12, max_size=12),
    st.lists(st.integers(0, 4095), max_size=3),
    st.integers(0, 7),
    st.sampled_from((0x0800, 0x0806, 0x0026, 0x88CC)),
    st.binary(max_size=80),
)
def test_a_frame_that_is_given_stays_as_it_is(
    macs: bytes, tags: list[int], priority: int, eth_type: int, body: bytes
) -> None:
    controls = [tag | priority << 13 if number == 0 else tag for number, tag in enumerate(tags)]
    data = macs + b"".join(struct.pack("!HH", 0x8100, one) for one in controls) + eth_type.to_bytes(2, "big") + body
    found = packet_in(data)
    assert (found.tags, found.priority) == (tuple(tags), priority if tags else 0)
    assert frame_of(found) == data.ljust(60, b"\0")
    for length in range(len(macs) + 4 * len(tags) + 2):
        with pytest.raises(ValueError, match=r"^it is shorter"):
            packet_in(data[:length])


def capture(order: str, magic: int, frames: list[bytes], link: int = 1) -> bytes:
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack(f"{order}IIII", 1, 2, len(one), 99) + one for one in frames)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D])
def test_captures(tmp_path: Path, order: str, magic: int) -> None:
    file, frames = tmp_path / "a.pcap", [b"one", b"", b"three"]
    file.write_bytes(capture(order, magic, frames))
    assert frames_of(file) == frames
    file.write_bytes(capture(order, magic, frames)[:-1])
    assert frames_of(file) == frames[:-1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no capture file of tcpdump"),
        (b"\xa1\xb2\xc3\xd4", "is no capture file of tcpdump"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), "is in the pcapng format; `editcap -F pcap` makes a pcap file of it"),
        (capture("<", 0xA1B2C3D4, [], link=113), "was not captured on Ethernet"),
    ],
)
def test_what_is_no_capture(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(data)
    with pytest.raises(BadCapture) as error:
        frames_of(file)
    assert str(error.value) == said


TRACE = """Flow: icmp,in_port=6

bridge("br-int")
----------------
 0. in_port=6,vlan_tci=0x0000/0x1fff, priority 400, cookie 0x7e94676a756df886
    goto_table:3
 3. metadata=0x4, priority 200, cookie 0x7e799d06c65bcf3f
    output:6
     >> skipping output to input port
    output:3
     -> output to native tunnel
{more}12. No match.
    drop

Final flow: unchanged
"""


def test_a_trace() -> None:
    decided = (0, 0x7E94676A756DF886), (3, 0x7E799D06C65BCF3F), (12, None)
    assert read_trace(TRACE.format(more="")) == Traced(decided, (3,))
    other = '\nbridge("br-phys")\n-----\n 0. priority 0\n    output:9\n\n'
    assert read_trace(TRACE.format(more=other)) == Traced(decided, None)
