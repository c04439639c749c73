"""What each link costs, from what the operator says about it."""

from __future__ import annotations

from controller.fabric.costs import DRAINING, link_costs
from controller.intent.model import Fabric, LinkSetting, Switch
from tests.unit.graphs import link

FABRIC = Fabric(
    {"s1": Switch("s1", 1), "s2": Switch("s2", 2), "s3": Switch("s3", 3, draining=True), "s4": Switch("s4", 4)},
    links={
        (("s1", "to-s2-0"), ("s2", "to-s1-0")): LinkSetting(cost=10),
        (("s2", "to-s4-0"), ("s4", "to-s2-0")): LinkSetting(cost=7, draining=True),
        (("s3", "to-s4-0"), ("s4", "to-s3-0")): LinkSetting(cost=7, draining=True),
        (("s1", "gone"), ("s2", "gone")): LinkSetting(cost=99),
    },
)


def test_costs() -> None:
    costs = {
        link("s1", "s2"): 10,
        link("s1", "s2", 1): 1,
        link("s4", "s2"): DRAINING + 7,
        link("s2", "s3"): DRAINING + 1,
        link("s3", "s4"): 2 * DRAINING + 7,
        link("s1", "unknown"): 1,
    }
    assert link_costs(FABRIC, costs.keys()) == costs


def test_no_path_without_draining_links_is_as_dear_as_one_with() -> None:
    assert DRAINING > 65535 * 65535
