"""A fabric with something of everything, for the tests of its graph.

s1 === s2 --- hv1        two links between s1 and s2, one of them with a cost; s3 was never seen and drains
"""

from __future__ import annotations

from ipaddress import ip_address

from controller.fabric.model import End, Fabric, Interface, Link, SwitchView
from controller.intent import model
from controller.intent.model import Intent, LinkSetting, Network, Port, Segment, Switch

GIVEN, LEARNED = "02:00:00:00:00:01", 0x020000000002

SWITCHES = {
    "s1": Switch("s1", 1),
    "s2": Switch("s2", 2),
    "s3": Switch("s3", 3, draining=True),
    "hv1": Switch("hv1", 0x11, ip_address("192.0.2.1"), {Segment.VXLAN: "vxlan0", Segment.GRE: "gre0"}),
}
LINKS = {
    (("s1", "b"), ("s2", "b")): LinkSetting(cost=10),
    (("s1", "c"), ("s3", "c")): LinkSetting(cost=7),
    (("hv1", "eth0"), ("s2", "up")): LinkSetting(draining=True),
}
NETWORKS = {"blue/web": Network("blue", "web", Segment.VLAN), "red/db": Network("red", "db", Segment.VXLAN)}
PORTS = {
    port.id: port
    for port in (
        Port("blue", "given", "blue/web", switch="s1", interface="tap1", mac=GIVEN, ip=(ip_address("10.0.0.1"),)),
        Port("blue", "free", "blue/web", switch="s2", interface="tap1"),
        Port("red", "trunk", trunk=((5, "red/db"), (6, "red/db2")), switch="hv1", interface="gone"),
        Port("red", "out", "red/db", endpoint=ip_address("198.51.100.9")),
    )
}
INTENT = Intent(model.Fabric(SWITCHES, links=LINKS), ("blue", "red"), NETWORKS, PORTS)

VIEWS = {
    "s1": SwitchView(
        "s1",
        1,
        {
            "a": Interface("a", 1, speed=10_000_000),
            "b": Interface("b", 2, speed=1_000_000),
            "c": Interface("c", 3, up=False),
            "tap1": Interface("tap1", 4, up=False),
        },
        connected=True,
    ),
    "s2": SwitchView(
        "s2",
        2,
        {
            "a": Interface("a", 1, speed=2_500_000),
            "b": Interface("b", 2),
            "up": Interface("up", 3),
            "tap1": Interface("tap1", 4),
        },
        connected=True,
    ),
    "hv1": SwitchView("hv1", 0x11, {"eth0": Interface("eth0", 1), "vxlan0": Interface("vxlan0", 2)}),
}
PARALLEL_A = Link(End("s1", "a"), End("s2", "a"))
PARALLEL_B = Link(End("s1", "b"), End("s2", "b"))
UPLINK = Link(End("hv1", "eth0"), End("s2", "up"))
FABRIC = Fabric(VIEWS, frozenset({PARALLEL_A, PARALLEL_B, UPLINK}))
ADDRESSES = {"blue/web": {LEARNED: "blue/free"}}
