"""A short soak with every kind of operation; and that a soak notices what it is there to notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import soak_settle
from controller.intent.lab_model import WireEnd
from soak_fabric import BRIDGES, LINKS
from soak_operations import Step
from soak_run import OPERATIONS, Soak, SoakFailure
from soak_site import Site

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


@pytest.mark.parametrize("is_new_daemon", [False, True])
def test_a_switch_that_comes_back_later_than_its_link_closes_no_circle(tmp_path: Path, is_new_daemon: bool) -> None:
    """It floods along the link still, the others along what took its place; a daemon that has just begun, too."""
    soak = Soak(tmp_path, SEED)
    ends = [far for link in LINKS for near, far in ((link.a, link.b), (link.b, link.a)) if near.node == "s2"]
    soak.run_steps(step for end in ends for step in flap_unseen(soak.site, "s2", end, is_new_daemon))
    assert not soak.figures.astray


def flap_unseen(site: Site, switch: str, end: WireEnd, is_new_daemon: bool) -> Iterator[tuple[str, Step]]:
    """A link of a switch goes and comes while it has no session."""
    if is_new_daemon:
        yield "end", Step("end the daemon", site.stop_daemon)
        yield "start", Step("start one that remembers nothing", lambda: start_afresh(site))
    yield "hide", Step(f"hide the daemon from {switch}", lambda: site.part(switch))
    yield "cut", Step(f"set {end} down", lambda: site.set_interface(end, "down"))
    yield "mend", Step(f"set {end} up", lambda: site.set_interface(end, "up"))
    yield "show", Step(f"show the daemon to {switch}", lambda: site.rejoin(switch))


def test_links_that_change_while_no_daemon_runs_close_no_circle_without_memory(tmp_path: Path) -> None:
    """What switches hold of trees is theirs to say; the others of a circle follow when all have followed."""
    soak = Soak(tmp_path, SEED)
    ends = [link.a for link in LINKS]
    soak.run_steps(step for end in ends for state in ("down", "up") for step in change_unseen(soak.site, end, state))
    assert not soak.figures.astray


def change_unseen(site: Site, end: WireEnd, state: str) -> Iterator[tuple[str, Step]]:
    """A link goes or comes while no daemon runs."""
    yield "end", Step("end the daemon", site.stop_daemon)
    yield "change", Step(f"set {end} {state}", lambda: site.set_interface(end, state))
    yield "start", Step("start one that remembers nothing", lambda: start_afresh(site))


def start_afresh(site: Site) -> None:
    (site.daemon.state / "memory.json").unlink()
    site.start_daemon()


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
