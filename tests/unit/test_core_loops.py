"""The core and loops outside: what switches are told of blocked ports, and what is learned and remembered of them."""

from __future__ import annotations

from dataclasses import replace

from apps.loop_guard import PROBES
from apps.pipeline import FLOODED_PCP
from controller.core import Core
from controller.dataplane.fields import ETH_OUI_EXTENDED
from controller.dataplane.flow import Flow
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.fabric.addresses import Verdict
from controller.fabric.memory import Memory
from controller.fabric.model import End, Interface
from controller.fabric.outside_loops import LOST_AFTER, MUTED, Attachment, Block, Cause
from controller.fabric.probe_limits import MOST, UNHEARD_FOR
from controller.intent.model import Intent, Port, Segment, SegmentKey
from tests.unit.test_core import GUEST, INTENT, INTERFACES, KEYS, SWITCHES, started

A, B = Attachment("blue/web", "blue/a"), Attachment("blue/web", "blue/b")
"""One whose MAC is given, on s1, and one that learns, on s2; both at interface 1."""
RED_A, RED_B = Attachment("red/web", "red/a"), Attachment("red/web", "red/b")
BROADCAST = 0xFFFFFFFFFFFF


def looped(core: Core, at: Attachment, sender: Attachment, now: float = 0.0) -> list[Block]:
    """Let a probe be heard, and the switches be told."""
    core.heard_probe(at, sender, now)
    blocked, _ = core.advance_loops(now)
    core.changes()
    return blocked


def sent(core: Core, switch: str, in_port: int, packet: Packet) -> list[int]:
    """By which interfaces a frame leaves."""
    outcome = Interpreter(core.compiler.program(switch)).run(packet, in_port)
    return sorted(number for number, _ in outcome.emitted)


def from_guest(number: int = 1) -> Packet:
    return Packet(eth_dst=BROADCAST, eth_src=GUEST + number)


def test_a_blocked_port_is_on_no_flood_list_and_lets_nothing_in() -> None:
    core = started()
    link = 4
    assert sent(core, "s2", 1, from_guest()) == [link]
    assert looped(core, B, A) == [Block(B, A, Cause.LOOPED)]
    assert sent(core, "s2", 1, from_guest()) == []
    flooded = replace(from_guest(), tags=(101,), priority=1)
    assert sent(core, "s2", link, flooded) == []
    assert sent(core, "s2", 2, from_guest()) == [3], "other networks go on"
    core.advance_loops(LOST_AFTER + 0.1)
    core.changes()
    assert sent(core, "s2", 1, from_guest()) == [link]
    assert sent(core, "s2", link, flooded) == [1]


def test_lldp_from_a_blocked_port_is_no_announcement() -> None:
    core = started()
    looped(core, B, A)
    lldp = Packet(eth_dst=0x0180C200000E, eth_src=GUEST, eth_type=0x88CC)
    assert Interpreter(core.compiler.program("s2")).run(lldp, 1).copies == ()


def test_what_is_for_a_given_address_behind_a_blocked_port_is_dropped_and_not_flooded() -> None:
    core = started()
    core.loops.arrived([A])
    assert looped(core, B, A) == [Block(A, B, Cause.LOOPED)]
    to_a = Packet(eth_dst=0x020000000001, eth_src=GUEST, tags=(101,), priority=FLOODED_PCP[0])
    outcome = Interpreter(core.compiler.program("s1")).run(to_a, 4)
    assert outcome.emitted == ()
    assert "behind a blocked port" in str(outcome.steps[-1].flow and outcome.steps[-1].flow.reason)


def test_what_was_learned_while_frames_circled_is_forgotten_and_not_learned_for_a_moment() -> None:
    core = started()
    core.observed("red/web", "red/a", GUEST)
    core.observed("red/web", "red/b", GUEST + 1)
    assert looped(core, RED_A, RED_B) == [Block(RED_B, RED_A, Cause.LOOPED)]
    assert core.situation.addresses.of("red/web") == {}
    assert core.observed("red/web", "red/a", GUEST + 1) is Verdict.MUTED
    core.advance_loops(MUTED)
    assert core.observed("red/web", "red/a", GUEST + 1) is Verdict.LEARNED
    assert core.observed("red/web", "red/b", GUEST) is Verdict.MUTED, "where it is blocked"


def test_a_port_that_returns_what_it_is_sent_is_blocked_only_if_that_passes() -> None:
    core = started()
    assert looped(core, A, A) == [], "its MAC is given, and nothing else comes in"
    assert looped(core, B, B) == [Block(B, B, Cause.REFLECTED)]


def test_a_port_whose_mac_is_given_can_be_looped() -> None:
    """Of what floods out of it, what its own guest sent comes in again."""
    core = started()
    given = replace(INTENT.ports["blue/b"], mac="02:00:00:00:00:02")
    core.adopt(replace(INTENT, ports={**INTENT.ports, given.id: given}), KEYS)
    assert looped(core, A, B) == [Block(B, A, Cause.LOOPED)]


def test_the_port_whose_interface_came_later_is_the_one_that_is_blocked() -> None:
    core = started()
    core.interface_changed("s1", Interface("tap2", 2, up=False), deleted=False)
    core.interface_changed("s1", Interface("tap2", 2), deleted=False)
    assert looped(core, RED_A, RED_B) == [Block(RED_A, RED_B, Cause.LOOPED)]
    core = started()
    core.interface_changed("s1", Interface("tap2", 2, up=True, speed=10), deleted=False)
    assert looped(core, RED_A, RED_B) == [Block(RED_B, RED_A, Cause.LOOPED)], "nothing came"


def test_the_port_that_was_configured_later_is_the_one_that_is_blocked() -> None:
    core = started()
    early = Port("red", "Z", network="red/web", switch="s1", interface="wire2")
    core.adopt(replace(INTENT, ports={**INTENT.ports, early.id: early}), KEYS)
    late = Attachment("red/web", early.id)
    assert late < RED_A
    assert looped(core, RED_A, late) == [Block(late, RED_A, Cause.LOOPED)]


def test_the_interface_that_a_switch_has_after_it_was_away_came_later() -> None:
    core = Core()
    core.adopt(INTENT, KEYS)
    without = [one for one in INTERFACES if one.name != "tap2"]
    core.switch_ready("s1", without, True, 0.0)
    core.switch_ready("s2", INTERFACES, True, 0.0)
    core.switch_lost("s1")
    core.switch_ready("s1", INTERFACES, True, 0.0)
    assert looped(core, RED_A, RED_B) == [Block(RED_A, RED_B, Cause.LOOPED)]


def test_probes_of_ports_that_are_none_any_more_count_for_nothing() -> None:
    core = started()
    for stranger in (Attachment("blue/web", "blue/z"), Attachment("red/web", "blue/b")):
        assert looped(core, B, stranger) == []
        assert looped(core, stranger, B) == []
    assert not core.loops.watched()


def test_a_port_that_leaves_the_configuration_is_blocked_no_more() -> None:
    core = started()
    looped(core, RED_A, RED_B)
    ports = {name: port for name, port in INTENT.ports.items() if name != "red/b"}
    core.adopt(Intent(INTENT.fabric, INTENT.tenants, INTENT.networks, ports), KEYS)
    assert core.memory().blocked == ()


def test_a_new_daemon_goes_on_with_what_was_blocked() -> None:
    before = started()
    before.loops.arrived([RED_A])
    block = looped(before, RED_A, RED_B)[0]
    assert block.at == RED_A
    before.changes()
    memory = before.memory()
    assert memory.blocked == (block,)
    core = Core()
    core.adopt(INTENT, KEYS)
    gone = Block(Attachment("red/web", "red/z"), RED_A, Cause.LOOPED)
    core.restore(Memory(memory.switches, memory.heard, memory.addresses, {}, (gone, block)), 0.0)
    core.changes()
    for name in SWITCHES:
        assert core.compiler.program(name) == before.compiler.program(name)
    core.advance_loops(1000.0)
    for name in SWITCHES:
        core.switch_ready(name, INTERFACES, True, 1000.0)
    assert core.advance_loops(1000.1) == ([], []), "nobody could probe until now"
    assert looped(core, RED_B, RED_A, 1001.0) == []
    assert core.memory().blocked == (block,)


def test_a_switch_without_session_leaves_blocked_what_is() -> None:
    for name in SWITCHES:
        core = started()
        looped(core, RED_A, RED_B)
        core.switch_lost(name)
        assert core.advance_loops(1000.0) == ([], [])
        core.switch_ready(name, INTERFACES, True, 1000.0)
        assert core.advance_loops(1000.0 + LOST_AFTER) == ([], [])
        assert core.advance_loops(1000.1 + LOST_AFTER)[1]


def test_an_interface_that_sends_too_many_probes_is_not_heard_for_a_while_and_stays_as_it_is() -> None:
    core, end = started(), End("s2", "tap2")
    looped(core, RED_A, RED_B)
    probe = Packet(eth_dst=PROBES, eth_src=GUEST, eth_type=ETH_OUI_EXTENDED)
    for _ in range(MOST + 1):
        core.count_probe(end, 0.0)
    core.changes()

    def is_copied(in_port: int) -> bool:
        return bool(Interpreter(core.compiler.program("s2")).run(probe, in_port).copies)

    assert (is_copied(2), is_copied(1)) == (False, True)
    assert core.advance_loops(UNHEARD_FOR - 0.1) == ([], []), "as nothing can be said about it"
    assert core.advance_loops(UNHEARD_FOR) == ([], [])
    core.changes()
    assert is_copied(2)
    assert core.advance_loops(UNHEARD_FOR + LOST_AFTER)[1]


def test_tags_of_a_trunk_port_can_change_places_while_it_is_blocked_on_both_networks() -> None:
    networks = {name: replace(INTENT.networks["red/web"], name=name[4:]) for name in ("red/web", "red/db")}
    keys = {name: SegmentKey(Segment.VXLAN, at) for at, name in enumerate(networks, 5000)}
    trunk = Port("red", "t", trunk=((7, "red/web"), (8, "red/db")), switch="s1", interface="tap2")
    core = Core()
    core.adopt(Intent(INTENT.fabric, ("red",), networks, {trunk.id: trunk}), keys)
    core.switch_ready("s1", INTERFACES, True, 0.0)
    told: dict[int, Flow] = {}
    for tags in ((7, 8), (8, 7), (7, 8)):
        swapped = replace(trunk, trunk=tuple(zip(tags, networks, strict=True)))
        core.adopt(Intent(INTENT.fabric, ("red",), networks, {trunk.id: swapped}), keys)
        for network in networks:
            core.heard_probe(Attachment(network, trunk.id), Attachment(network, trunk.id), 0.0)
        core.advance_loops(0.0)
        assert len(core.loops.blocked) == 2
        for change in core.changes():
            for cookie in change.before.flows.keys() - change.after.flows.keys():
                del told[cookie]
            told.update(change.after.flows)
        assert told == core.compiler.program("s1").flows
