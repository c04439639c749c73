"""An API that takes writes, without daemon and switches: files, a state directory, a core, and the app.

s1 and s2 are switches; tenant red is in the files, and blue is the API's to be.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from controller.api.answering import Answering
from controller.api.app import make_app
from controller.api.guard import Guard, Streams
from controller.api.metrics import Metrics
from controller.api.sources import Sources
from controller.configuration import Configuration
from controller.core import Core
from controller.event_log import EventLog
from controller.intent.edit import IntentEdit
from controller.planning import Planning
from controller.state_directory import StateDirectory
from controller.state_file import StateError
from controller.timings import Timings
from controller.writes import Writes
from tests.unit.api_site import Switches

FILE = """\
fabric:
  switches:
    s1: {dpid: "0000000000000001", endpoint: 198.51.100.1}
    s2: {dpid: "0000000000000002", endpoint: 198.51.100.2, draining: true}
    s3: {dpid: "0000000000000003"}
tenants:
  red:
    networks: {web: {segment: vlan, key: 7}}
    ports: {a: {network: web, switch: s1, interface: tap1}}
"""
PORT = {"network": "web", "switch": "s1", "interface": "tap2"}


class WriteSite:
    """One life of a daemon, as far as writes are concerned."""

    def __init__(self, directory: Path, state: StateDirectory) -> None:
        self.file = directory / "fabric.yaml"
        if not self.file.exists():
            self.file.write_text(FILE)
        self.state = directory / "state"
        self.configuration = Configuration([self.file], state)
        self.core = Core()
        self.events = EventLog(time.time())
        self.writes = Writes(self.core, self.configuration, state.api_part, self.take)
        switches = Switches()
        self._answering = Answering(self.core)
        metrics = Metrics(self.core, switches, self.events, Timings(lambda: 0.0), "1")
        doing = self.writes, Planning(self.core, self.configuration)
        self.app = make_app(Sources(self.core, switches, self.events, metrics, self._answering, *doing, "1", 0.0))
        assert self.load() == []

    def take(self, edit: IntentEdit) -> bool:
        """As the daemon does."""
        try:
            keys = self.configuration.settle_keys(edit)
        except StateError:
            return False
        self.core.edit(edit, keys)
        self._answering.edited(edit)
        return True

    def load(self) -> list[str]:
        """Read the files, and take them into force unless there are errors: which."""
        loaded, edit = self.configuration.read()
        if edit and self.take(edit):
            self.configuration.base = loaded.base
        return [str(error) for error in loaded.errors]

    def close(self) -> None:
        """End it."""
        self._answering.close()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """One who may write."""
        transport = httpx.ASGITransport(Guard(self.app, Streams()), client=("uid 0", 42))
        with self.events.recording():
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
                yield client

    def ask(self, method: str, path: str, content: object = None, **headers: str) -> httpx.Response:
        """One request."""

        async def asked() -> httpx.Response:
            async with self.client() as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, json=content, headers=named)

        return asyncio.run(asked())


@contextmanager
def write_site(directory: Path) -> Iterator[WriteSite]:
    """A site with its files in a directory; the next one there is what a restart is."""
    logging.getLogger("controller").setLevel(logging.INFO)
    with StateDirectory(directory / "state") as state:
        site = WriteSite(directory, state)
        try:
            yield site
        finally:
            site.close()
            logging.getLogger("controller").setLevel(logging.NOTSET)
