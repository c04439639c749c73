"""A host that changes its rows is looked at now and then; what the daemon has to say itself does not wait for that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.ovsdb import host as host_module
from controller.ovsdb.hosts import Hosts
from controller.southbound.listen import Listen
from controller.southbound.statistics import Statistics
from tests.switch.fake_host import FakeHost, named
from tests.switch.host_lab import PLAN, Recorder, no_departures
from tests.switch.southbound_lab import until

HOUR = 3600.0


def test_a_port_is_marked_at_once_however_long_it_is_until_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "PAUSE", HOUR)

    async def scenario() -> None:
        recorder = Recorder()
        hosts = Hosts(recorder, (), Statistics(), no_departures())
        hosts.expect({"hv1": PLAN})
        await hosts.open([Listen(path=tmp_path / "ovsdb.sock")])
        host = await FakeHost.connect(tmp_path / "ovsdb.sock", "hv1")
        await until(lambda: "hv1" in recorder.found)
        session = hosts.joined["hv1"].connection.session
        await host.say(named("tap1", **{"iface-id": "x"}))
        await until(lambda: session.replica.interfaces["i"].name == "tap1" and not session.is_writing)
        assert not recorder.found["hv1"].plugged
        changes = hosts.statistics.host_changes
        hosts.install("hv1", frozenset({"tap1"}))
        await until(lambda: hosts.statistics.host_changes == changes + 1)
        assert recorder.found["hv1"].plugged.keys() == {"tap1"}
        await hosts.close()
        await host.end()

    asyncio.run(scenario())
