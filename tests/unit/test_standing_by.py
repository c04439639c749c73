"""A port whose guest may be migrating: what is shown of its two places, and that it is reached as before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.api import tenant_rows
from controller.api.filters import Filters
from controller.api.order import order_of
from controller.core import Core
from controller.fabric.memory import Memory, from_plain, to_plain
from controller.fabric.model import Interface
from controller.fabric.plugs import Claim
from controller.intent.edit import difference
from controller.intent.edit_words import item_edits
from controller.intent.model import Fabric, Host, Intent, Port, Switch
from controller.northbound.show_tables import Subject, print_table
from controller.placing import as_remembered
from tests.unit.why_site import INTENT, KEYS, Site, core_of, settle

W1 = INTENT.ports["blue/w1"]
TWO = replace(INTENT, ports={**INTENT.ports, W1.id: replace(W1, standby=("s2", "tap9"), hosts=("s1", "s2"))})


class Nobody:
    """Refuses nothing."""

    def is_off(self, switch: str, network: str) -> bool:
        return not (switch and network)


def standing_by() -> Core:
    core = core_of()
    core.interface_changed("s2", Interface("tap9", 9), deleted=False)
    core.adopt(TWO, KEYS)
    settle(core)
    return core


def test_what_is_shown_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    core = standing_by()
    order = order_of(TWO)
    rows = [row.model_dump() for _, row in tenant_rows.ports(core, order, Filters(switch="s2"))]
    print_table(Subject.PORTS, rows)
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "Port Network At MAC State",
        "blue/w1 blue/web s1:b-w1, standby s2:tap9 02:00:00:00:00:01 up",
    ]
    [(_, network)] = tenant_rows.networks(core, Nobody(), order, Filters(network="blue/web", switch="s2"))
    assert "s2" in network.switches
    [words] = item_edits(difference(INTENT, TWO), KEYS, KEYS)
    assert words.details == ("hosts: any to s1, s2", "standby: none to s2:tap9")


@pytest.mark.parametrize("sender", ["blue/w2", "blue/near"])
def test_it_is_reached_where_it_is_and_reaches_others(sender: str) -> None:
    site = Site(standing_by())
    answer = site.ask(sender, "blue/w1")
    assert answer.there.arrives
    assert answer.back is not None
    assert answer.back.arrives


def test_a_daemon_that_starts_has_it_at_both_places() -> None:
    """And whoever is none of its hosts at none, though an older configuration let it."""
    switches = {name: Switch(name, number, host=Host()) for number, name in enumerate(("a", "b", "c"), 1)}
    port = Port("blue", "vm", "blue/net", iface_id="i", hosts=("a", "b"))
    claims = (Claim("i", "c", "tap3", holds=True), Claim("i", "a", "tap1"), Claim("i", "b", "tap2"))
    intent = Intent(Fabric(switches), ports={port.id: port})
    found = as_remembered(intent, from_plain(to_plain(Memory(plugs=claims)))).ports[port.id]
    assert found.places == (("b", "tap2"),)
    assert found.asked == port
    held = replace(claims[1], holds=True)
    found = as_remembered(intent, from_plain(to_plain(Memory(plugs=(held, claims[2]))))).ports[port.id]
    assert found.places == (("a", "tap1"), ("b", "tap2"))
    assert found.asked == port
