"""Which connected switches count as without session, as they wait at their gates."""

from __future__ import annotations

import pytest

from controller import switch_events
from controller.core import Core
from controller.fabric.discovery import PERIOD
from controller.fabric.model import Interface
from controller.gate import GRACE, LISTENING
from controller.intent.model import Fabric, Intent, Switch
from controller.southbound.events import Held
from controller.switch_events import SwitchEvents

NAMES = ("s1", "s2")
NOTHING = Held(frozenset(), {}, {})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Site:
    """Two switches, and a daemon that was started without memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        monkeypatch.setattr(switch_events, "ListeningClock", lambda: self.clock)
        self.core = Core()
        self.core.adopt(Intent(Fabric({name: Switch(name, number) for number, name in enumerate(NAMES, 1)})), {})
        self.events = SwitchEvents(self.core, b"k" * 32, lambda: None, lambda _: None, lambda *_: None)
        self.at_gates: set[str] = set()
        southbound = self.events.southbound
        monkeypatch.setattr(southbound, "waiting", lambda: frozenset(self.at_gates))
        monkeypatch.setattr(southbound, "holds_all", lambda _: False)
        monkeypatch.setattr(southbound, "session_age", lambda _: 0.0)
        monkeypatch.setattr(southbound, "open_gate", self.at_gates.discard)

    def connect(self, name: str) -> None:
        self.at_gates.add(name)
        self.events.switch_ready(name, (Interface("a", 1),), True, NOTHING)
        self.core.changes()

    def lose(self, name: str) -> None:
        self.at_gates.discard(name)
        self.events.switch_lost(name, "its session ended")

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.events.open_gates()


def test_after_a_start_without_memory_nobody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(monkeypatch)
    site.connect("s1")
    assert site.at_gates == {"s1"}
    assert not site.core.waiting
    assert site.core.at_gates == {"s1"}, "it has the trees that it came with"


def test_one_that_was_told_something_and_comes_back_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was told it does still, while the others follow new trees."""
    site = Site(monkeypatch)
    for name in NAMES:
        site.connect(name)
    site.pass_time(LISTENING * PERIOD)
    assert not site.at_gates
    site.events.switch_settled("s1")
    site.lose("s1")
    for name in NAMES:
        site.connect(name)
    assert site.clock.now < GRACE
    assert site.core.waiting == {"s1"}, "the other never confirmed anything"
    site.pass_time(GRACE)
    assert not site.core.waiting
    assert not site.core.at_gates
