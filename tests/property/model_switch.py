"""A tiny model of what OpenFlow 1.3 says of flow, group and meter tables, fed with bytes.

It knows the messages that `controller.dataplane.encoder` writes, bundles of them, and no others. Adding a flow replaces
the one with the same table, priority and match (6.4); deleting a group deletes the flows that use it (6.5). Bundles are
as Open vSwitch has them: an error on adding does not keep the rest from being committed, an error on committing undoes
all, and what is added to a bundle that it does not know makes a new one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from controller.southbound.events import Held
from controller.southbound.framing import Framer

Key = tuple[int, int, bytes]
Answer = tuple[str, int, int, int]
"""("barrier", xid, 0, 0), ("bundle", xid, 0, 0) or ("error", xid, type, code)."""
Failure = tuple[int, int] | None

ONF_ERROR = 0xFFFF
BAD_ID, MSG_FAILED, TIMEOUT = 2302, 2313, 2314


@dataclass(slots=True)
class Entry:
    cookie: int
    instructions: bytes


Bundles = Literal["yes", "refused", "ignored"]


@dataclass(slots=True)
class ModelSwitch:
    flows: dict[Key, Entry] = field(default_factory=dict)
    groups: dict[int, bytes] = field(default_factory=dict)
    meters: dict[int, bytes] = field(default_factory=dict)
    refuse: Callable[[int], bool] = lambda _: False
    """Whether to answer the addition of the flow with this cookie by TABLE_FULL."""
    refuse_in_bundle: Callable[[int], bool] = lambda _: False
    """Whether to say so already when it is added to a bundle."""
    bundles: Bundles = "yes"
    open_bundles: dict[int, tuple[int, list[bytes]]] = field(default_factory=dict)
    """By id: the xid of the message that made it, and the messages in it."""
    sent: dict[int, tuple[Key, bytes]] = field(default_factory=dict)
    """What the flow with a cookie was when it was added."""
    after_each: Callable[[], None] = lambda: None
    flow_mods: int = 0

    def held(self, mark: int) -> Held:
        return Held(
            {entry.cookie for entry in self.flows.values() if entry.cookie >> 56 == mark},
            {number: content[2:3] + content[8:] for number, content in self.groups.items()},
            {number: content[2:4] + content[8:] for number, content in self.meters.items()},
            {
                entry.cookie
                for key, entry in self.flows.items()
                if entry.cookie in self.sent and self.sent[entry.cookie] != (key, entry.instructions)
            },
        )

    def execute(self, data: bytes) -> list[Answer]:
        answers: list[Answer] = []
        for _, kind, xid, message in Framer().feed(data):
            if kind == 20:
                answers.append(("barrier", xid, 0, 0))
            elif kind == 4:
                answers += self._experiment(xid, message)
            elif failed := self._apply(message):
                answers.append(("error", xid, *failed))
            self.after_each()
        return answers

    def expire(self) -> list[Answer]:
        """Forget all open bundles."""
        bundles, self.open_bundles = self.open_bundles, {}
        return [("error", xid, ONF_ERROR, TIMEOUT) for xid, _ in bundles.values()]

    def after_commits(self) -> dict[Key, Entry]:
        """What flows there will be when the open bundles are committed."""
        future = ModelSwitch(dict(self.flows), dict(self.groups), refuse=self.refuse)
        for _, messages in self.open_bundles.values():
            future._commit(messages)
        return future.flows

    def _apply(self, message: bytes) -> Failure:
        return {14: self._flow_mod, 15: self._group_mod, 29: self._meter_mod}[message[1]](message)

    def _experiment(self, xid: int, message: bytes) -> list[Answer]:
        experimenter, kind, bundle = struct.unpack_from("!III", message, 8)
        assert experimenter == 0x4F4E4600
        if self.bundles != "yes":
            return [("error", xid, 1, 3)] if self.bundles == "refused" else []
        if kind == 2301:
            inner = message[24:]
            assert inner[4:8] == message[4:8], "another xid inside"
            assert inner[1] != 29, "a meter in a bundle"
            if inner[1] == 14 and inner[25] == 0 and self.refuse_in_bundle(int.from_bytes(inner[8:16], "big")):
                return [("error", xid, 5, 1)]
            self.open_bundles.setdefault(bundle, (xid, []))[1].append(inner)
            return []
        (action,) = struct.unpack_from("!H", message, 20)
        if action == 0:
            assert bundle not in self.open_bundles
            self.open_bundles[bundle] = xid, []
        elif bundle not in self.open_bundles:
            return [("error", xid, ONF_ERROR, BAD_ID)]
        else:
            _, messages = self.open_bundles.pop(bundle)
            if action == 4 and (failed := self._commit(messages)):
                return [failed, ("error", xid, ONF_ERROR, MSG_FAILED)]
        return [("bundle", xid, 0, 0)]

    def _commit(self, messages: list[bytes]) -> Answer | None:
        """All or nothing; returns the first error."""
        before = dict(self.flows), dict(self.groups)
        for message in messages:
            if failed := self._apply(message):
                self.flows, self.groups = before
                return "error", int.from_bytes(message[4:8], "big"), *failed
        return None

    def delete_group(self, number: int) -> None:
        self.groups.pop(number, None)
        self.flows = {key: entry for key, entry in self.flows.items() if number not in _groups_of(entry.instructions)}

    def _flow_mod(self, message: bytes) -> Failure:
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
        self.sent[cookie] = (table, priority, match), rest
        return None

    def _group_mod(self, message: bytes) -> Failure:
        command, number = struct.unpack_from("!HxxI", message, 8)
        if command == 2:
            self.delete_group(number)
        elif (command == 1) != (number in self.groups):
            return (6, 8) if command == 1 else (6, 0)
        else:
            self.groups[number] = message[8:]
        return None

    def _meter_mod(self, message: bytes) -> Failure:
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
