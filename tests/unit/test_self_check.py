"""A compiler that remembers something wrong is found out by the self-check, and put right by compiling anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from apps.units import NetworkUnit
from controller.compiler import SWITCH, Compiler
from controller.core import Core
from controller.dataplane.program import Share
from controller.self_check import Rounds, Wrong, affected, check_all
from tests.property.scene import compile_all
from tests.unit.test_core import started

NETWORK = "blue/web"


def forget_a_flow(compiler: Compiler) -> None:
    share = compiler._shares["s1"][NETWORK]
    compiler._shares["s1"][NETWORK] = Share(share.contents[1:])


def forget_what_a_cookie_is(compiler: Compiler) -> None:
    share, own = compiler._shares["s1"][NETWORK], compiler._shares["s1"][SWITCH]
    compiler._reporting["s1"][next(iter(share.flows))] = own.contents[0]


def keep_an_old_unit(compiler: Compiler) -> None:
    unit = compiler._units["s1"][NETWORK]
    assert isinstance(unit, NetworkUnit)
    compiler._units["s1"][NETWORK] = replace(unit, local=())


def forget_a_unit(compiler: Compiler) -> None:
    del compiler._units["s1"][NETWORK], compiler._shares["s1"][NETWORK]


def forget_the_switchs_own(compiler: Compiler) -> None:
    compiler._shares["s1"][SWITCH] = Share()


@pytest.mark.parametrize(
    ("corrupt", "network", "forgotten"),
    [
        (forget_a_flow, NETWORK, 1),
        (forget_what_a_cookie_is, NETWORK, 1),
        (keep_an_old_unit, NETWORK, 0),
        (forget_a_unit, NETWORK, None),
        (forget_the_switchs_own, "", None),
    ],
)
def test_what_is_remembered_wrongly_is_found_and_compiled_anew(
    corrupt: Callable[[Compiler], None], network: str, forgotten: int | None
) -> None:
    core = started()
    flows = size(core, network) if forgotten is None else forgotten
    assert check_all(core.situation, core.compiler) == []
    corrupt(core.compiler)
    wrong = check_all(core.situation, core.compiler)
    assert wrong == [Wrong("s1", network, flows)]
    for name in affected(wrong):
        core.recompile(name)
    assert core.is_dirty
    core.changes()
    assert check_all(core.situation, core.compiler) == []
    assert {name: core.compiler.program(name) for name in ("s1", "s2")} == compile_all(core.situation)


def size(core: Core, name: str) -> int:
    """How many flows a unit of s1 has."""
    return len(core.compiler.remembered("s1", name)[1].flows)


def found_in(core: Core, rounds: Rounds, turns: int) -> list[Wrong]:
    return [wrong for _ in range(turns) for wrong in rounds.check_next(core.situation, core.compiler)]


def test_each_network_and_switch_has_its_turn() -> None:
    core, rounds = started(), Rounds()
    wrong = [Wrong("s1", NETWORK, 1), Wrong("s1", "", size(core, SWITCH))]
    forget_a_flow(core.compiler)
    forget_the_switchs_own(core.compiler)
    assert found_in(core, rounds, 4) == wrong
    assert found_in(core, rounds, 4) == wrong


def test_a_network_that_went_during_a_round_is_no_error_and_one_that_was_left_behind_is() -> None:
    core, rounds = started(), Rounds()
    assert found_in(core, rounds, 1) == []
    intent = core.situation.intent
    ports = {name: port for name, port in intent.ports.items() if port.network != NETWORK}
    networks = {name: network for name, network in intent.networks.items() if name != NETWORK}
    core.adopt(replace(intent, networks=networks, ports=ports), {"red/web": core.situation.keys["red/web"]})
    left_behind = found_in(core, rounds, 7)
    assert {wrong.network for wrong in left_behind} == {NETWORK}
    core.changes()
    assert found_in(core, rounds, 8) == []


def test_nothing_at_all_is_right() -> None:
    assert found_in(Core(), Rounds(), 3) == []
