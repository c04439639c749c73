"""Which hosts are waited for to be left, and how long."""

from __future__ import annotations

import json

import pytest

from controller.core import Core
from controller.fabric import departures
from controller.fabric.departures import REMEMBERED, Departures, Given
from controller.fabric.memory import Memory, from_plain, to_plain
from controller.intent.model import SocketAddress

ONE, OTHER = Given("br-int"), Given("br0", SocketAddress("ssl", "2001:db8::1", 6640))


def known(**given: Given) -> Departures:
    found = Departures(lambda: None)
    found.expect(given, 0.0)
    for name, one in given.items():
        found.take_on(name, one)
    return found


def test_a_host_departs_when_it_is_no_longer_expected_and_comes_back() -> None:
    found = known(a=ONE, b=OTHER)
    assert found.expect({"b": OTHER}, 5.0) == ["a"]
    assert found.expect({"b": OTHER}, 6.0) == []
    assert found.departed() == {"a": Given("br-int", departed_at=5.0)}
    assert found.expect({"a": OTHER, "b": ONE}, 7.0) == []
    assert found.given == {"a": OTHER, "b": ONE}
    assert found.expect({}, 8.0) == ["a", "b"]
    found.forget({"a"})
    assert found.departed().keys() == {"b"}


def test_who_was_given_nothing_or_keeps_it_does_not_depart() -> None:
    found = known(kept=Given("br-int", keep=True), a=ONE)
    found.expect({"kept": ONE, "never": ONE, "a": Given("br-int", keep=True)}, 1.0)
    assert found.expect({}, 2.0) == ["kept"], "as it was told last"
    assert found.given.keys() == {"kept"}


def test_a_host_at_whose_address_another_is_now_is_that_one() -> None:
    found = known(a=OTHER)
    found.expect({}, 1.0)
    assert found.expect({"renamed": OTHER}, 2.0) == []
    assert not found.given
    found = known(a=OTHER)
    assert found.expect({"renamed": OTHER}, 2.0) == []
    assert not found.given


def test_it_is_forgotten_after_a_time_and_of_many_the_first_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "MOST", 2)
    found = known(a=ONE, b=ONE, c=ONE)
    found.expect({"b": ONE, "c": ONE}, 1.0)
    found.expect({"c": ONE}, 2.0)
    assert not found.prune(1.0 + REMEMBERED)
    assert found.prune(1.5 + REMEMBERED)
    assert found.departed().keys() == {"b"}
    found = known(a=ONE, b=ONE, c=ONE)
    for second, left in enumerate((("b", "c"), ("c",), ())):
        found.expect(dict.fromkeys(left, ONE), float(second))
    assert found.departed().keys() == {"b", "c"}


def test_what_is_known_is_saved_when_it_changes_and_read_again() -> None:
    core = Core()
    revision = core.revision
    core.departures.take_on("a", OTHER)
    core.departures.expect({}, 12.5)
    assert core.revision == revision + 2
    core.departures.expect({}, 13.0)
    assert core.revision == revision + 2
    memory = from_plain(json.loads(json.dumps(to_plain(core.memory()))))
    assert memory.given == {"a": Given(OTHER.bridge, OTHER.connect, departed_at=12.5)}
    older = to_plain(Memory())
    del older["given"]
    assert from_plain(older) == Memory()
    for nonsense in (
        ["br-int"],
        ["br-int", ["x", "y", 1], False, None],
        ["br-int", None, False, "now"],
        [1, None, 0, 0],
    ):
        with pytest.raises(ValueError, match="not a memory"):
            from_plain({**older, "given": {"a": nonsense}})
