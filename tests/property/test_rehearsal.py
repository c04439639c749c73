"""What a rehearsal says would change is what the compiled programs differ in, on generated fabrics, tenants and edits.

Programs are compiled by a compiler without memory (`tests.property.scene.compile_all`), and by a core that never knew
anything but the second intent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import Core
from controller.dataplane.flow import Flow, Group, Meter, Program
from controller.dataplane.program_edit import Differing, ProgramEdit
from controller.intent.model import Intent, LinkSetting, SegmentKey
from controller.rehearsal import rehearse, settle
from tests.property.fabrics import Plant, plants
from tests.property.scene import compile_all
from tests.property.tenancies import Tenancy, tenancies
from tests.property.worlds import intent_of

Item = TypeVar("Item", bound=Group | Meter)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Plant, Tenancy, Tenancy, Intent]:
    """A fabric, tenants before and after, and the intent after, in which links may cost something or drain."""
    plant = draw(plants(4))
    before = draw(tenancies(plant))
    after = draw(st.one_of(st.just(before), tenancies(plant)))
    intent = intent_of(plant, after)
    dropped = draw(st.sets(st.sampled_from(sorted(intent.ports)), max_size=2)) if intent.ports else set()
    intent = replace(intent, ports={name: port for name, port in intent.ports.items() if name not in dropped})
    if plant.links:
        a, b = draw(st.sampled_from(sorted(plant.links)))
        setting = draw(st.sampled_from((LinkSetting(), LinkSetting(50), LinkSetting(draining=True))))
        links = {((a.switch, a.interface), (b.switch, b.interface)): setting}
        intent = replace(intent, fabric=replace(intent.fabric, links=links))
    return plant, before, after, intent


def started(plant: Plant, intent: Intent, keys: Mapping[str, SegmentKey], learned: list[tuple[str, str, int]]) -> Core:
    """A core that has seen all there is."""
    core = Core()
    core.adopt(intent, keys)
    for view in plant.views.values():
        core.switch_ready(view.name, view.interfaces.values(), view.has_meters, 0.0)
    for link in plant.links:
        core.heard(link.a, link.b, 0.0)
        core.heard(link.b, link.a, 0.0)
    for network, port, mac in learned:
        core.observed(network, port, mac)
    settle(core)
    return core


def applied(program: Program, edit: ProgramEdit) -> Program:
    """The program after the edit."""
    flows = dict(program.flows)
    for gone in (*edit.flows.removed, *(old for old, _ in edit.flows.changed)):
        del flows[gone.cookie]
    flows.update((flow.cookie, flow) for flow in (*edit.flows.added, *(new for _, new in edit.flows.changed)))
    return Program(flows, _numbered(program.groups, edit.groups), _numbered(program.meters, edit.meters))


def _numbered(items: Mapping[int, Item], edit: Differing[Item]) -> dict[int, Item]:
    gone = {item.id for item in edit.removed}
    assert gone <= items.keys()
    assert not {item.id for item in edit.added} & items.keys()
    come: list[Item] = [*edit.added, *[new for _, new in edit.changed]]
    staying = {number: item for number, item in items.items() if number not in gone}
    staying.update((item.id, item) for item in come)
    return staying


def size(edit: ProgramEdit) -> int:
    """How many flows come and go."""
    return len(edit.flows.added) + len(edit.flows.removed) + 2 * len(edit.flows.changed)


@given(edits())
@settings(max_examples=100)
def test_what_would_change_is_what_programs_differ_in(case: tuple[Plant, Tenancy, Tenancy, Intent]) -> None:
    plant, before, after, intent = case
    core = started(plant, intent_of(plant, before), before.keys, before.learned)
    was = compile_all(core.situation)
    found = rehearse(core, intent, after.keys)
    known = core.situation.addresses.by_network.items()
    learned = [(network, port, mac) for network, macs in known for mac, port in macs.items()]
    fresh = started(plant, intent, after.keys, learned)
    will_be = compile_all(fresh.situation)
    assert compile_all(core.situation) == will_be
    for name, program in will_be.items():
        edit = found.get(name, ProgramEdit())
        assert applied(was[name], edit) == program
        assert size(edit) == len(was[name].flows.keys() ^ program.flows.keys())
        places: dict[tuple[object, ...], Flow] = {}
        for flow in (*edit.flows.added, *edit.flows.removed, *(old for old, _ in edit.flows.changed)):
            assert places.setdefault((flow.table, flow.priority, flow.match), flow) is flow, "each place is told once"
    assert all(found.values())


@given(plants(4).flatmap(lambda plant: st.tuples(st.just(plant), tenancies(plant))))
@settings(max_examples=30)
def test_the_same_intent_changes_nothing(case: tuple[Plant, Tenancy]) -> None:
    plant, tenancy = case
    core = started(plant, intent_of(plant, tenancy), tenancy.keys, tenancy.learned)
    assert rehearse(core, intent_of(plant, tenancy), tenancy.keys) == {}
