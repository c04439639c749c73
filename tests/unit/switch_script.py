"""What a well-behaved switch says, as bytes; written with os-ken's numbers in mind and without our own encoder."""

from __future__ import annotations

import struct

from controller.southbound.framing import Framer

MARK = 0x7E << 56
OUR_GROUP, FOREIGN_GROUP = 0x54000001, 7
OUR_METER, FOREIGN_METER = 0x8001, 7


def message(kind: int, xid: int, body: bytes = b"") -> bytes:
    return struct.pack("!BBHI", 4, kind, 8 + len(body), xid) + body


def hello() -> bytes:
    return message(0, 1, bytes.fromhex("0001000800000010"))


def features(dpid: int = 5) -> bytes:
    return message(6, 2, struct.pack("!QIBB2xII", dpid, 0, 254, 0, 0, 0))


def port(number: int, name: str, config: int = 0, state: int = 0, speed: int = 0, most: int = 0) -> bytes:
    description = struct.pack("!I4x6s2x16sII", number, bytes(5) + b"\7", name.encode(), config, state)
    return description + struct.pack("!IIIIII", 1, 2, 3, 4, speed, most)


def flow_stats(cookie: int, padding: int = 0) -> bytes:
    fixed = struct.pack("!HBxIIHHHH4xQQQ", 56 + padding, 0, 0, 0, 1, 0, 0, 0, cookie, 0, 0)
    return fixed + bytes.fromhex("0001000400000000") + bytes(padding)


def bucket() -> bytes:
    return struct.pack("!HHII4x", 32, 0, 0xFFFFFFFF, 0xFFFFFFFF) + struct.pack("!HHIH6x", 0, 16, 1, 256)


ANSWERS = {
    13: [port(1, "eth1") + port(2, "eth2", config=1), port(3, "eth3", state=1) + port(0xFFFFFFFE, "br0")],
    11: [struct.pack("!IIIBBxx", 100, 0, 0, 1, 1)],
    7: [
        struct.pack("!HBxI", 40, 0, OUR_GROUP) + bucket(),
        struct.pack("!HBxI", 8, 0, FOREIGN_GROUP),
    ],
    10: [
        struct.pack("!HHI", 24, 6, OUR_METER) + struct.pack("!HHII4x", 1, 16, 5, 6),
        struct.pack("!HHI", 8, 6, FOREIGN_METER),
    ],
    1: [flow_stats(MARK | 1) + flow_stats(MARK | 2, 40), b"", flow_stats(0x11)],
}


def answers(asked: bytes) -> bytes:
    """The replies, each in several parts, to the multipart requests in `asked`."""
    said = b""
    for _, kind, xid, request in Framer().feed(asked):
        if kind == 18:
            (question,) = struct.unpack_from("!H", request, 8)
            parts = ANSWERS[question]
            for index, part in enumerate(parts):
                said += message(19, xid, struct.pack("!HH4x", question, index < len(parts) - 1) + part)
    return said


def packet_in(cookie: int, in_port: int, data: bytes) -> bytes:
    match = struct.pack("!HHHBBQHBBI", 1, 24, 0x8000, 2 << 1, 8, 77, 0x8000, 0, 4, in_port)
    return message(10, 0, struct.pack("!IHBBQ", 0xFFFFFFFF, len(data), 0, 3, cookie) + match + bytes(2) + data)


def flow_removed(cookie: int, reason: int) -> bytes:
    return message(
        11, 0, struct.pack("!QHBBIIHHQQ", cookie, 1, reason, 0, 0, 0, 0, 0, 0, 0) + bytes.fromhex("0001000400000000")
    )


def port_status(reason: int, entry: bytes) -> bytes:
    return message(12, 0, struct.pack("!B7x", reason) + entry)


def error(kind: int, code: int, xid: int) -> bytes:
    return message(1, xid, struct.pack("!HH", kind, code) + bytes(64))
