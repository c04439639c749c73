"""Keys that follow intent edit by edit are those that allocating everything gives, through any history."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.intent.allocation import QUARANTINE, KeyLedger, allocate
from controller.intent.edit import difference
from controller.intent.key_register import KeyRegister, edited
from controller.intent.model import Fabric, Intent, KeyRange, Network, Port, Segment, SegmentKey, Switch

AUTO, VLAN, VXLAN, GENEVE, GRE = Segment.AUTO, Segment.VLAN, Segment.VXLAN, Segment.GENEVE, Segment.GRE
SWITCH = Switch("leaf", 1)
FABRICS = st.sampled_from(
    [
        Fabric({"leaf": SWITCH}, (KeyRange(2, 3),), (KeyRange(8, 11),)),
        Fabric({"leaf": SWITCH}, (KeyRange(2, 3), KeyRange(5, 6)), (KeyRange(8, 11),), (KeyRange(3, 3),)),
        Fabric({"leaf": SWITCH}, (KeyRange(2, 2),), (KeyRange(9, 10),), overlay=GENEVE),
    ]
)
NAMES = st.sampled_from("abcdefgh")
NETWORK = st.builds(
    lambda segment, key: (segment, None if segment is AUTO else key),
    st.sampled_from([AUTO, AUTO, AUTO, VLAN, VXLAN, GRE]),
    st.none() | st.sampled_from((2, 3, 8, 9)),
)
STEP = st.fixed_dictionaries(
    {
        "networks": st.dictionaries(NAMES, st.none() | NETWORK, max_size=3),
        "grounded": st.dictionaries(NAMES, st.booleans(), max_size=2),
        "fabric": st.none() | st.none() | st.none() | FABRICS,
        "passed": st.sampled_from((0.0, 0.0, 1.0, QUARANTINE / 2, QUARANTINE, -5.0)),
        "is_stored": st.sampled_from((True, True, True, False)),
    }
)
"""Networks that change or, as None, go; ports that come to the switch without endpoint or go; and the rest."""


class History:
    """An intent while it is edited."""

    def __init__(self, fabric: Fabric) -> None:
        self.intent = Intent(fabric, ("t",))

    def edit(self, step: dict[str, object]) -> Intent:
        networks, ports = dict(self.intent.networks), dict(self.intent.ports)
        for name, form in step["networks"].items():  # type: ignore[attr-defined]
            networks.pop(f"t/{name}", None)
            if form is not None:
                networks[f"t/{name}"] = Network("t", name, *form)
        for name, is_there in step["grounded"].items():  # type: ignore[attr-defined]
            for number in (1, 2) if name < "e" else (1,):
                port = Port("t", f"{name}{number}", f"t/{name}", switch="leaf", interface=f"{name}{number}")
                ports.pop(port.id, None)
                if is_there:
                    ports[port.id] = port
        return Intent(step["fabric"] or self.intent.fabric, ("t",), networks, ports)  # type: ignore[arg-type]


@settings(max_examples=500, deadline=None)
@given(
    FABRICS,
    st.lists(STEP, min_size=1, max_size=12),
    st.dictionaries(st.sampled_from(("t/a", "t/b", "t/x")), st.integers(2, 6), max_size=2),
)
def test_following_is_allocating_everything(
    fabric: Fabric, steps: list[dict[str, object]], old: dict[str, int]
) -> None:
    history, now = History(fabric), 1000.0
    vlans = {SegmentKey(VLAN, key): name for name, key in old.items()}
    ledger = KeyLedger({name: key for key, name in vlans.items()}, {SegmentKey(GRE, 9): 990.0})
    register = KeyRegister(ledger)
    for step in steps:
        now += float(step["passed"])  # type: ignore[arg-type]
        wanted = history.edit(step)
        expected, _, problems = allocate(wanted, ledger, now)
        edit, found = register.settle(difference(history.intent, wanted), now)
        assert register.ledger == expected
        assert edited(ledger, [edit]) == expected
        assert found == problems
        if step["is_stored"]:
            history.intent, ledger = wanted, expected
        else:
            register.undo()
            assert register.ledger == ledger
