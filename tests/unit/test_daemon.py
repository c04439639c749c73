"""The daemon does not go on with a part of itself missing."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from controller.api.endpoint import Endpoint
from controller.configuration import Configuration
from controller.core import Core
from controller.daemon import Daemon, Options
from controller.fabric.settling import Settling
from controller.intent.edit import IntentEdit
from controller.intent.loader import Loaded
from controller.southbound.listen import Listen
from controller.state_directory import StateDirectory


def test_a_bug_in_what_takes_steps_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Core, "confirmed", broken)
    monkeypatch.setattr(Settling, "is_pending", True)
    file = tmp_path / "fabric.yaml"
    file.write_text("fabric: {switches: {s1: {dpid: '00000000000000b1'}}}\n")
    with StateDirectory(tmp_path / "state") as state:
        daemon = Daemon(Options([file], [Listen(path=tmp_path / "openflow.sock")]), state)
        with pytest.raises(RuntimeError, match="a bug"):
            asyncio.run(asyncio.wait_for(daemon.run(), 10))


def test_a_write_waits_for_a_reload_and_neither_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that has read what there was, and is not in force yet, when the write comes."""
    file, reading, go_on = tmp_path / "fabric.yaml", threading.Event(), threading.Event()
    file.write_text("fabric: {switches: {s1: {dpid: '00000000000000b1'}}}\n")
    read, is_slow = Configuration.read, False

    def slow(configuration: Configuration) -> tuple[Loaded, IntentEdit | None]:
        found = read(configuration)
        if is_slow:
            reading.set()
            assert go_on.wait(10)
        return found

    monkeypatch.setattr(Configuration, "read", slow)

    async def run(daemon: Daemon) -> None:
        nonlocal is_slow
        transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / "api.sock"))
        running = asyncio.create_task(daemon.run())
        while not (tmp_path / "api.sock").exists():
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
            is_slow = True
            file.write_text(file.read_text() + "tenants: {red: {networks: {web: {}}}}\n")
            os.kill(os.getpid(), signal.SIGHUP)
            assert await asyncio.to_thread(reading.wait, 10)
            writing = asyncio.create_task(client.put("/tenants/blue", json={"networks": {"web": {}}}))
            status = (await client.get("/status")).json()
            assert (status["networks"], writing.done()) == (0, False), "questions are answered"
            go_on.set()
            assert (await writing).status_code == 201
            networks = (await client.get("/networks")).json()["items"]
            assert [(one["id"], one["owner"]) for one in networks] == [("blue/web", "api"), ("red/web", "files")]
        os.kill(os.getpid(), signal.SIGTERM)
        await running

    with StateDirectory(tmp_path / "state") as state:
        endpoints = [Endpoint(Listen(path=tmp_path / "api.sock"))]
        daemon = Daemon(Options([file], [Listen(path=tmp_path / "openflow.sock")], endpoints), state)
        asyncio.run(asyncio.wait_for(run(daemon), 30))
