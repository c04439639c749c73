"""A tiny model of what OpenFlow 1.3 says of flow, group and meter tables, fed with bytes.

It knows the messages that `controller.dataplane.encoder` writes and no others. Adding a flow replaces the one with the
same table, priority and match (6.4); deleting a group deletes the flows that use it (6.5).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.southbound.events import Held
from controller.southbound.framing import Framer

Key = tuple[int, int, bytes]
Answer = tuple[str, int, int, int]
"""("barrier", xid, 0, 0) or ("error", xid, type, code)."""


@dataclass(slots=True)
class Entry:
    cookie: int
    instructions: bytes


@dataclass(slots=True)
class ModelSwitch:
    flows: dict[Key, Entry] = field(default_factory=dict)
    groups: dict[int, bytes] = field(default_factory=dict)
    meters: dict[int, bytes] = field(default_factory=dict)
    refuse: Callable[[int], bool] = lambda _: False
    """Whether to answer the addition of the flow with this cookie by TABLE_FULL."""
    after_each: Callable[[], None] = lambda: None
    flow_mods: int = 0

    def held(self, mark: int) -> Held:
        return Held(
            {entry.cookie for entry in self.flows.values() if entry.cookie >> 56 == mark},
            {number: content[2:3] + content[8:] for number, content in self.groups.items()},
            {number: content[2:4] + content[8:] for number, content in self.meters.items()},
        )

    def execute(self, data: bytes) -> list[Answer]:
        answers: list[Answer] = []
        for _, kind, xid, message in Framer().feed(data):
            if kind == 20:
                answers.append(("barrier", xid, 0, 0))
            else:
                failed = {14: self._flow_mod, 15: self._group_mod, 29: self._meter_mod}[kind](message)
                if failed:
                    answers.append(("error", xid, *failed))
            self.after_each()
        return answers

    def delete_group(self, number: int) -> None:
        self.groups.pop(number, None)
        self.flows = {key: entry for key, entry in self.flows.items() if number not in _groups_of(entry.instructions)}

    def _flow_mod(self, message: bytes) -> tuple[int, int] | None:
        self.flow_mods += 1
        cookie, mask, table, command, _, _, priority = struct.unpack_from("!QQBBHHH", message, 8)
        (length,) = struct.unpack_from("!H", message, 50)
        match, rest = message[48 : 48 + length], message[48 + (length + 7 & ~7) :]
        if command == 3:
            assert mask == 2**64 - 1, "a deletion that is not by an exact cookie"
            assert table == 0xFF
            self.flows = {key: entry for key, entry in self.flows.items() if entry.cookie != cookie}
            return None
        assert command == 0
        if self.refuse(cookie):
            return 5, 1
        if any(group not in self.groups for group in _groups_of(rest)):
            return 2, 9
        self.flows[table, priority, match] = Entry(cookie, rest)
        return None

    def _group_mod(self, message: bytes) -> tuple[int, int] | None:
        command, number = struct.unpack_from("!HxxI", message, 8)
        if command == 2:
            self.delete_group(number)
        elif (command == 1) != (number in self.groups):
            return (6, 8) if command == 1 else (6, 0)
        else:
            self.groups[number] = message[8:]
        return None

    def _meter_mod(self, message: bytes) -> tuple[int, int] | None:
        command, _, number = struct.unpack_from("!HHI", message, 8)
        if command == 2:
            return None if self.meters.pop(number, None) else (12, 3)
        if (command == 1) != (number in self.meters):
            return (12, 3) if command == 1 else (12, 1)
        self.meters[number] = message[8:]
        return None


def _groups_of(instructions: bytes) -> set[int]:
    """Groups in the one apply-actions instruction that our flows have."""
    found, start = set(), 0
    while start < len(instructions):
        kind, length = struct.unpack_from("!HH", instructions, start)
        at, end = start + 8, start + length
        while kind == 4 and at < end:
            action, size = struct.unpack_from("!HH", instructions, at)
            if action == 22:
                found.add(struct.unpack_from("!I", instructions, at + 4)[0])
            at += size
        start += length
    return found
