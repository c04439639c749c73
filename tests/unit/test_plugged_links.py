"""A guest's interface is never the end of a link, whether or not a port is bound to it."""

from __future__ import annotations

from dataclasses import replace

from controller.core import Core
from controller.fabric.model import End, Interface
from controller.fabric.plugs import Plugged, Report
from controller.intent.model import Host, SegmentKey
from tests.unit.test_core import INTENT, INTERFACES, KEYS, SWITCHES

HOSTS = {name: replace(switch, host=Host()) for name, switch in SWITCHES.items()}
ON_HOSTS = replace(INTENT, fabric=replace(INTENT.fabric, switches=HOSTS))
ENDS = {name: End(name, "wire1") for name in HOSTS}
PLAIN = frozenset({"tap1", "tap2", "vxlan0", "wire1", "wire2"})


def hear(core: Core) -> None:
    core.heard(ENDS["s1"], ENDS["s2"], 0.0)
    core.heard(ENDS["s2"], ENDS["s1"], 0.0)
    core.changes()


def started(keys: dict[str, SegmentKey] = KEYS) -> Core:
    core = Core()
    core.adopt(ON_HOSTS, keys)
    for name in HOSTS:
        core.switch_ready(name, INTERFACES, True, 0.0)
        core.host_reported(name, Report(plain=PLAIN))
    return core


def test_wires_of_hosts_are_links() -> None:
    core = started()
    hear(core)
    assert len(core.fabric.links) == 1


def test_an_interface_with_an_id_is_no_end_of_a_link_and_ends_the_one_it_was_in() -> None:
    core = started()
    core.host_reported("s1", Report({"wire1": Plugged("unknown")}, PLAIN - {"wire1"}))
    hear(core)
    assert not core.fabric.links
    core.host_reported("s1", Report(plain=PLAIN))
    hear(core)
    assert len(core.fabric.links) == 1
    core.host_reported("s1", Report({"wire1": Plugged("unknown")}, PLAIN - {"wire1"}))
    core.changes()
    assert not core.fabric.links


def test_an_interface_that_has_just_come_is_none_until_its_host_says_what_it_is() -> None:
    core = started()
    core.interface_changed("s1", Interface("tap9", 9), False)
    assert not core.announces(End("s1", "tap9"))
    core.host_reported("s1", Report(plain=PLAIN | {"tap9"}))
    assert core.announces(End("s1", "tap9"))


def test_what_a_predecessor_knew_to_be_a_guests_is_none_before_its_host_says_so() -> None:
    before = started()
    before.host_reported("s1", Report({"wire2": Plugged("i")}, PLAIN - {"wire2"}))
    core = Core()
    core.plugs.restore(before.plugs.memory(["i"]))
    core.adopt(ON_HOSTS, KEYS)
    core.switch_ready("s1", INTERFACES, True, 0.0)
    assert core.announces(End("s1", "wire1"))
    assert not core.announces(End("s1", "wire2"))
    # It is no host any more.
    core.plugs.keep_only(())
    core.forget_answers()
    assert core.announces(End("s1", "wire2"))
