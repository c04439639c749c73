"""A host's database on a socket that says what a test wants, as fast as it is heard."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

from controller.ovsdb.json_stream import JsonStream
from tests.unit.host_script import message, root_row, update

BRIDGE_ROW = {
    "name": "br-int",
    "ports": ["uuid", "p"],
    "controller": ["set", []],
    "fail_mode": "secure",
    "protocols": "OpenFlow13",
    "datapath_type": "netdev",
    "datapath_id": "0000000000000011",
    "other_config": ["map", [["datapath-id", "0000000000000011"]]],
    "external_ids": ["map", []],
}


def named(name: str, **ids: str) -> bytes:
    """The host's only interface is called that now."""
    said = ["map", [*ids.items()]]
    row = {"name": name, "type": "", "link_state": "up", "options": ["map", []], "external_ids": said}
    port = {"name": name, "interfaces": ["uuid", "i"], "external_ids": ["map", []]}
    return update({"Interface": {"i": {"new": row}}, "Port": {"p": {"new": port}}})


class FakeHost:
    """One connection of a host that says who it is."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        self._reader, self.writer, self._name = reader, writer, name
        self.is_closed = asyncio.Event()
        """Set when the daemon has ended the connection."""
        self._answering = asyncio.create_task(self._answer())

    @classmethod
    async def connect(cls, path: Path, name: str) -> FakeHost:
        return cls(*await asyncio.open_unix_connection(path), name)

    @classmethod
    async def connect_tls(cls, port: int, name: str, directory: Path) -> FakeHost:
        """By the certificate of that name."""
        context = ssl.create_default_context(cafile=str(directory / "ca.pem"))
        context.check_hostname = False
        context.load_cert_chain(directory / f"{name}.pem", directory / f"{name}.key")
        streams = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="x")
        return cls(*streams, name)

    async def say(self, data: bytes) -> None:
        """Send, as fast as the daemon reads."""
        self.writer.write(data)
        await self.writer.drain()

    @property
    def is_pushed_back(self) -> bool:
        """Whether what it says has to wait until the daemon reads."""
        return self.writer.transport.get_write_buffer_size() > 65536

    async def end(self) -> None:
        """Go away."""
        self._answering.cancel()
        self.writer.close()
        with suppress(OSError, asyncio.CancelledError):
            await self._answering

    async def _answer(self) -> None:
        """Show all rows, and do all that is asked for, as far as words go."""
        stream = JsonStream()
        with suppress(ConnectionError):
            while data := await self._reader.read(65536):
                for asked in stream.feed(data):
                    if asked.get("id") is not None and "method" in asked:
                        self.writer.write(message(id=asked["id"], result=self._result(asked), error=None))
        self.is_closed.set()

    def _result(self, asked: dict[str, Any]) -> Any:  # noqa: ANN401
        if asked["method"] == "monitor":
            who = ["map", [["tenantry-host", self._name]]]
            root = root_row(bridges=["uuid", "bridge"], external_ids=who)
            first = json.loads(named("tap0"))["params"][1]
            return {"Open_vSwitch": {"root": {"new": root}}, "Bridge": {"bridge": {"new": BRIDGE_ROW}}, **first}
        return [{} for _ in asked["params"][1:]] if asked["method"] == "transact" else asked["params"]
