"""A network that changes its key: each step is in the ledger before it is in force, and a successor goes on with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.configuration import Configuration
from controller.intent.allocation import KeyLedger
from controller.intent.edit import difference
from controller.intent.key_register import LedgerEdit
from controller.intent.model import Fabric, Intent, Network, Segment, SegmentKey
from controller.ledger_files import read_ledger
from controller.state_directory import StateDirectory
from controller.state_file import StateError

OLD, NEW = SegmentKey(Segment.VLAN, 101), SegmentKey(Segment.VXLAN, 5000)
WEB = "blue/web"


def intent(key: SegmentKey, owner: str = WEB) -> Intent:
    tenant, _, name = owner.partition("/")
    return Intent(Fabric(), (tenant,), {owner: Network(tenant, name, key.segment, key=key.key)}, {})


def settle(configuration: Configuration, after: Intent, before: Intent | None = None) -> None:
    configuration.settle_keys(difference(before or Intent(), after))


def in_force(configuration: Configuration) -> tuple[SegmentKey | None, SegmentKey | None]:
    """Entered, second."""
    return configuration.moves.entered.get(WEB), configuration.moves.second.get(WEB)


def moved(path: Path, steps: int) -> Configuration:
    """A configuration whose network has taken so many steps from the old to the new key; the directory is let go."""
    with StateDirectory(path) as state:
        configuration = Configuration([], state)
        settle(configuration, intent(OLD))
        assert in_force(configuration) == (OLD, None)
        settle(configuration, intent(NEW), intent(OLD))
        for _ in range(steps):
            configuration.advance_moves(is_complete=True)
        return configuration


@pytest.mark.parametrize(("steps", "standing"), [(0, (OLD, NEW)), (1, (NEW, OLD)), (2, (NEW, None)), (3, (NEW, None))])
def test_each_step_outlives_the_daemon(tmp_path: Path, steps: int, standing: tuple[SegmentKey, SegmentKey]) -> None:
    assert in_force(moved(tmp_path, steps)) == standing
    with StateDirectory(tmp_path) as state:
        successor = Configuration([], state)
        settle(successor, intent(NEW))
        assert in_force(successor) == standing
        for _ in range(4):
            successor.advance_moves(is_complete=True)
        assert in_force(successor) == (NEW, None)
        assert not successor.moves.is_pending
    assert not read_ledger(tmp_path)[0].unsettled


def test_a_key_that_a_removed_network_had_is_not_given_to_another_tenant_before_all_switches_left_it(
    tmp_path: Path,
) -> None:
    with StateDirectory(tmp_path) as state:
        first = Configuration([], state)
        settle(first, intent(OLD, "red/web"))
        settle(first, intent(OLD), intent(OLD, "red/web"))
        assert in_force(first) == (None, None)
        second = Configuration([], state)
        settle(second, intent(OLD))
        assert in_force(second) == (None, None), "the daemon's end changes nothing about it"
        second.advance_moves(is_complete=False)
        assert in_force(second) == (None, None), "nor does a switch that nobody hears"
        second.advance_moves(is_complete=True)
        assert in_force(second) == (OLD, None)


def test_a_network_under_another_name_waits_for_nothing(tmp_path: Path) -> None:
    with StateDirectory(tmp_path) as state:
        configuration = Configuration([], state)
        settle(configuration, intent(OLD, "blue/shop"))
        settle(configuration, intent(OLD), intent(OLD, "blue/shop"))
        assert in_force(configuration) == (OLD, None)


def test_what_cannot_be_written_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = moved(tmp_path, 0)

    def refuse(_state: StateDirectory, _ledger: KeyLedger, _edit: LedgerEdit) -> None:
        raise StateError("the disk is full")

    monkeypatch.setattr(StateDirectory, "write_ledger", refuse)
    assert in_force(configuration) == (OLD, NEW)
    assert configuration.advance_moves(is_complete=True) is None
    with pytest.raises(StateError):
        settle(configuration, intent(OLD), intent(NEW))
    assert in_force(configuration) == (OLD, NEW)
