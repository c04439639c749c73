"""What was learned survives the daemon: written whole or not at all, and never believed when damaged."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core import Core
from controller.fabric.memory import Memory, from_plain, to_plain
from controller.fabric.model import End, Interface, Link, SwitchView
from controller.fabric.outside_loops import Attachment, Block, Cause
from controller.fabric.plugs import Claim
from controller.state_directory import StateDirectory, read_memory
from controller.state_file import StateError
from tests.unit.test_core import GUEST, INTENT, INTERFACES, KEYS, SWITCHES, started

names = st.text(min_size=1, max_size=8)
numbers = st.integers(0, 2**48)
ends = st.builds(End, names, names)
attachments = st.builds(Attachment, names, names)
views = st.builds(
    lambda name, dpid, interfaces, *flags: SwitchView(name, dpid, {one.name: one for one in interfaces}, *flags),
    names,
    numbers,
    st.lists(st.builds(Interface, names, numbers, st.booleans(), st.integers(0, 2**32 - 1)), max_size=3),
    st.booleans(),
    st.booleans(),
)
memories = st.builds(
    lambda views, heard, addresses, latencies, blocked, plugs, endpoints: Memory(
        {view.name: view for view in views}, tuple(heard), addresses, latencies, tuple(blocked), tuple(plugs), endpoints
    ),
    st.lists(views, max_size=3),
    st.lists(st.tuples(ends, ends), max_size=3),
    st.dictionaries(names, st.dictionaries(numbers, names, max_size=3), max_size=3),
    st.dictionaries(st.builds(Link, ends, ends), st.floats(0, 10), max_size=3),
    st.lists(st.builds(Block, attachments, attachments, st.sampled_from(Cause)), max_size=3),
    st.lists(st.builds(Claim, names, names, names, st.none() | names, st.booleans(), st.booleans()), max_size=3),
    st.dictionaries(names, st.ip_addresses(), max_size=2),
)


@given(memories)
def test_a_memory_comes_back_as_it_was(memory: Memory) -> None:
    again = from_plain(json.loads(json.dumps(to_plain(memory))))
    assert again == memory
    assert speeds(again) == speeds(memory)


def speeds(memory: Memory) -> list[int]:
    return [interface.speed for view in memory.switches.values() for interface in view.interfaces.values()]


def test_the_form_of_the_version_before_is_understood() -> None:
    view = {"dpid": 1, "has_meters": False, "interfaces": [["eth1", 5, True, "02:00:00:00:00:01"]]}
    memory = from_plain({"switches": {"s1": view}, "heard": [], "addresses": {}})
    assert memory == Memory({"s1": SwitchView("s1", 1, {"eth1": Interface("eth1", 5)}, False, False)})
    assert speeds(memory) == [0]


def test_what_was_kept_before_blocked_ports_were_is_still_read() -> None:
    plain = to_plain(remembered())
    del plain["blocked"]
    assert from_plain(plain) == remembered()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)
    )
)
def test_nonsense_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match="not a memory"):
        from_plain(content)


def remembered() -> Memory:
    core = started()
    core.observed("red/web", "red/b", GUEST)
    core.changes()
    return core.memory()


def test_a_restarted_core_computes_the_same_before_any_switch_connects() -> None:
    before = started()
    before.observed("red/web", "red/b", GUEST)
    before.changes()
    core = Core()
    core.adopt(INTENT, KEYS)
    core.restore(remembered(), 0.0)
    core.changes()
    for name in SWITCHES:
        assert core.compiler.program(name) == before.compiler.program(name)
        core.switch_ready(name, INTERFACES, True, 0.0)
    assert core.changes() == []
    assert core.missing_switches() == []


def test_what_is_restored_is_stale_until_confirmed() -> None:
    core = Core()
    core.adopt(INTENT, KEYS)
    assert all(view.connected for view in remembered().switches.values())
    core.restore(remembered(), 0.0)
    assert core.missing_switches() == ["s1", "s2"]
    assert not core.tick(1000.0), "nobody is there to hear"
    core.switch_ready("s1", INTERFACES, True, 1000.0)
    assert not core.tick(2000.0), "one end is not there"
    core.switch_ready("s2", INTERFACES, True, 2000.0)
    assert core.fabric.links == {Link(End("s1", "wire1"), End("s2", "wire1"))}
    assert core.tick(2010.0), "both are, and hear nothing"
    core.changes()
    assert core.fabric.links == frozenset()


def test_a_switch_that_intent_does_not_have_is_left_out() -> None:
    memory = remembered()
    stranger = SwitchView("s9", 9, {}, False, True)
    core = Core()
    core.adopt(INTENT, KEYS)
    renumbered = {**memory.switches, "s9": stranger, "s2": SwitchView("s2", 99, {}, False, True)}
    core.restore(Memory(renumbered, memory.heard, {"no/network": {1: "no/port"}}), 0.0)
    assert set(core.fabric.switches) == {"s1"}
    assert core.fabric.links == frozenset()


def test_a_file_cut_anywhere_is_a_warning_and_no_memory(tmp_path: Path) -> None:
    with StateDirectory(tmp_path / "state") as state:
        state.write_memory(remembered())
        assert state.read_memory() == (remembered(), None)
        file = tmp_path / "state" / "memory.json"
        content = file.read_bytes()
        for length in range(len(content)):
            file.write_bytes(content[:length])
            memory, warning = state.read_memory()
            assert memory == Memory()
            assert warning == f"{file}: damaged (not complete); starting without what was learned before"
        file.write_bytes(content.replace(b"tap1", b"tap9"))
        assert state.read_memory()[1] == (
            f"{file}: damaged (its checksum is wrong); starting without what was learned before"
        )


def test_others_may_look(tmp_path: Path) -> None:
    assert read_memory(tmp_path) is None
    with StateDirectory(tmp_path) as state:
        before = time.time()
        state.write_memory(remembered())
        found = read_memory(tmp_path)
        assert found is not None
        assert found[0] == remembered()
        assert before - 1 < found[1] < time.time() + 1
        (tmp_path / "memory.json").write_bytes(b"{")
        with pytest.raises(StateError, match=r"memory\.json: damaged \(not complete\)$"):
            read_memory(tmp_path)


def test_a_write_that_fails_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StateDirectory(tmp_path / "state") as state:
        state.write_memory(remembered())

        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(StateError, match="no space left on device"):
            state.write_memory(Memory())
        assert state.read_memory() == (remembered(), None)
