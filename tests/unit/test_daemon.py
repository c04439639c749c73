"""The daemon does not go on with a part of itself missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.core import Core
from controller.daemon import Daemon, Options
from controller.fabric.settling import Settling
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
