"""When what an audit found counts as repaired."""

from __future__ import annotations

from typing import cast

from controller.southbound.drift import Drift
from controller.southbound.inspection import Inspection
from controller.southbound.synchroniser import Synchroniser


class Switch:
    """As far as it is asked here."""

    settled = False
    next_attempt: float | None = None


class Site(Inspection):
    """One switch, at which an audit found something."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]
        self.switch = Switch()
        self._switches["s1"] = cast(Synchroniser, self.switch)
        self._audits.ready("s1", 0.0)
        self._audits.ask(["s1"], 0.0)
        assert self._audits.next(0.0, lambda _: True) == "s1"
        self._audits.done("s1", 0.0, Drift({}, 1, (), ()))


def test_it_is_from_when_the_switch_has_confirmed() -> None:
    """Not only from its next turn: whoever waits may be woken by another switch before that."""
    site = Site()
    assert not site.is_repaired("s1")
    site.switch.settled = True
    assert site.is_repaired("s1")


def test_it_is_not_while_something_was_refused() -> None:
    site = Site()
    site.switch.settled, site.switch.next_attempt = True, 5.0
    assert not site.is_repaired("s1")
