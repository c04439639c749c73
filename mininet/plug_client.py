"""Speaks to a host's database as whoever plugs guests in does, over a socket that stays open (RFC 7047, 4.1).

So what is measured is the controller and Open vSwitch, and not the start of an `ovs-vsctl`.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from controller.ovsdb.json_stream import JsonStream
from namespaces import CommandError

_DATABASE = "Open_vSwitch"
_MONITOR = {"Interface": {"columns": ["name", "external_ids"]}}
_PATIENCE = 30.0


class PlugClient:
    """One connection."""

    def __init__(self, directory: Path, bridge: str = "br-int") -> None:
        """`directory` is where the Open vSwitch has its sockets; see `private_ovs`."""
        self._bridge = bridge
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_PATIENCE)
        self._socket.connect(str(directory / "db.sock"))
        self._stream = JsonStream()
        self._number = 0
        self._names: dict[str, str] = {}
        """Names of interfaces by the ids of their rows."""
        self._said: dict[str, dict[str, str]] = {}
        """`external_ids` of interfaces by name."""
        self._ports: dict[str, str] = {}
        self._take(self._ask("monitor", [_DATABASE, None, _MONITOR]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def plug(self, interface: str, iface_id: str, mac: str) -> None:
        """Add an interface to the bridge, as libvirt does; it returns when the database has it."""
        said = {"iface-id": iface_id, "attached-mac": mac}
        row = {"name": interface, "type": "internal", "external_ids": ["map", [[*pair] for pair in said.items()]]}
        port = {"name": interface, "interfaces": ["named-uuid", "interface"]}
        done = self._transact(
            {"op": "insert", "table": "Interface", "row": row, "uuid-name": "interface"},
            {"op": "insert", "table": "Port", "row": port, "uuid-name": "port"},
            self._refer("insert", ["named-uuid", "port"]),
        )
        self._ports[interface] = done[1]["uuid"][1]

    def unplug(self, interface: str) -> None:
        """Take it away again; it returns when its row is gone."""
        self._transact(self._refer("delete", ["uuid", self._ports.pop(interface)]))
        while interface in self._said:
            self._receive()

    def connect(self, manager: str) -> None:
        """Have the database connect to a manager."""
        self._transact(
            {"op": "insert", "table": "Manager", "row": {"target": manager}, "uuid-name": "manager"},
            {
                "op": "mutate",
                "table": _DATABASE,
                "where": [],
                "mutations": [["manager_options", "insert", ["named-uuid", "manager"]]],
            },
        )

    def await_mark(self, interface: str, key: str) -> None:
        """Wait until the row of an interface says that `key` is true."""
        while self._said.get(interface, {}).get(key) != "true":
            self._receive()

    def _refer(self, how: str, port: list[str]) -> dict[str, Any]:
        where = [["name", "==", self._bridge]]
        return {"op": "mutate", "table": "Bridge", "where": where, "mutations": [["ports", how, port]]}

    def _transact(self, *operations: Mapping[str, Any]) -> list[Any]:
        results: list[Any] = self._ask("transact", [_DATABASE, *operations])
        if any(one and one.get("error") for one in results):
            raise CommandError(f"the database refused: {results}")
        return results

    def _ask(self, method: str, parameters: list[Any]) -> Any:  # noqa: ANN401
        self._number += 1
        self._send({"method": method, "params": parameters, "id": self._number})
        while True:
            for message in self._receive():
                if message.get("id") == self._number and "method" not in message:
                    if message.get("error"):
                        raise CommandError(f"the database refused: {message['error']}")
                    return message["result"]

    def _send(self, message: Mapping[str, Any]) -> None:
        self._socket.sendall(json.dumps(message).encode())

    def _receive(self) -> list[dict[str, Any]]:
        """What came next; what it says of rows is taken in."""
        began = time.monotonic()
        data = self._socket.recv(65536)
        if not data or time.monotonic() - began > _PATIENCE:
            raise CommandError("the database says nothing any more")
        messages = list(self._stream.feed(data))
        for message in messages:
            if message.get("method") == "echo":
                self._send({"id": message["id"], "result": message["params"], "error": None})
            elif message.get("method") == "update":
                self._take(message["params"][1])
        return messages

    def _take(self, updates: Mapping[str, Any]) -> None:
        for row_id, change in updates.get("Interface", {}).items():
            if "new" in change:
                name = self._names[row_id] = change["new"]["name"]
                self._said[name] = dict(change["new"]["external_ids"][1])
            else:
                self._said.pop(self._names.pop(row_id, ""), None)
