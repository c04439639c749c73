"""A short soak with every kind of operation; and that a soak notices what it is there to notice."""

from __future__ import annotations

from pathlib import Path

import pytest

import soak_settle
from soak_fabric import BRIDGES
from soak_operations import Step
from soak_run import OPERATIONS, Soak, SoakFailure

pytestmark = pytest.mark.ovs

SEED = 5


def test_every_kind_of_operation_leaves_what_is_asked_for(tmp_path: Path) -> None:
    soak = Soak(tmp_path, SEED)
    soak.run_each()
    assert soak.figures.operations.keys() == {operation.name for operation in OPERATIONS}
    assert not soak.figures.astray
    assert soak.figures.arrived > 1000
    record = [line for line in (tmp_path / "operations.log").read_text().splitlines() if line[0] != " "]
    assert len(record) == soak.figures.operations.total()


@pytest.mark.parametrize(
    ("actions", "complaint"),
    [
        ("output:s1-p1,output:s1-p2,output:s1-p3", "crossed tenants: from "),
        ("drop", "reachability did not settle"),
    ],
)
def test_what_is_wrong_on_a_switch_is_told_with_the_operation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, actions: str, complaint: str
) -> None:
    soak = Soak(tmp_path, SEED)
    flow = f"cookie=0x1,priority=40000,in_port=s1-p1,actions={actions}"

    def harm() -> None:
        monkeypatch.setattr(soak_settle, "PATIENCE", 1.0)
        soak.site.ofctl(BRIDGES[0], "add-flow", flow)

    with pytest.raises(SoakFailure, match="after operation 1: harm it") as failure:
        soak.run_steps([("harm", Step("harm it", harm))])
    assert complaint in str(failure.value)
