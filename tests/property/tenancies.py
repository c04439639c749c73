"""Strategies for what tenants have: networks in all segments with clashing keys, and ports of every form.

Few MACs, keys and tags for many networks: the same ones turn up in several networks, tenants and segments at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from controller.dataplane.fields import mac_number, mac_text
from controller.intent.model import MAX_KEY, Network, Port, Segment, SegmentKey
from tests.property.fabrics import PORTS_PER_SWITCH, Plant, endpoint

MACS = (*range(0x020000000000, 0x020000000007), 0xFEFFFFFFFFFF)
TAGS = (1, 101, 102, 4094)
KEYS = (2, 101, 4094, 2**24 - 1, 2**32 - 1)
SEGMENTS = (Segment.VLAN, Segment.VLAN, Segment.VXLAN, Segment.GENEVE, Segment.GRE)


@dataclass
class Tenancy:
    """What tenants have, while it is drawn up."""

    networks: dict[str, Network] = field(default_factory=dict)
    keys: dict[str, SegmentKey] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    learned: list[tuple[str, str, int]] = field(default_factory=list)

    def known_macs(self, network: str) -> set[int]:
        """MACs that are given or learned in a network."""
        given = {mac_number(port.mac) for port in self.ports.values() if port.mac and network in port.networks}
        return given | {mac for other, _, mac in self.learned if other == network}


@st.composite
def tenancies(draw: st.DrawFn, plant: Plant, segments: Sequence[Segment] = SEGMENTS) -> Tenancy:
    """Two or three tenants with one or two networks each, and ports wherever interfaces are left."""
    tenancy = Tenancy()
    free = {(name, f"{name}-p{number}") for name in plant.switches for number in range(PORTS_PER_SWITCH)}
    for tenant in ("red", "blue", "green")[: draw(st.integers(2, 3))]:
        for name in ("a", "b")[: draw(st.integers(1, 2))]:
            draw(_networks(tenancy, tenant, name, segments))
        for number in range(draw(st.integers(2, 8))):
            draw(_ports(tenancy, plant, tenant, f"p{number}", free))
    for port in tenancy.ports.values():
        if not port.mac:
            for network in port.networks:
                fresh = [mac for mac in MACS if mac not in tenancy.known_macs(network)]
                chosen = draw(st.lists(st.sampled_from(fresh), unique=True, max_size=2)) if fresh else []
                tenancy.learned += [(network, port.id, mac) for mac in chosen]
    return tenancy


@st.composite
def _networks(draw: st.DrawFn, tenancy: Tenancy, tenant: str, name: str, segments: Sequence[Segment]) -> None:
    segment = draw(st.sampled_from(segments))
    network = Network(tenant, name, segment)
    tenancy.networks[network.id] = network
    taken = tenancy.keys.values()
    possible = [SegmentKey(segment, key) for key in KEYS if key <= MAX_KEY[segment]]
    fresh = [key for key in possible if key not in taken]
    if fresh:
        # One that finds its pool empty has no key, and must not disturb the others.
        tenancy.keys[network.id] = draw(st.sampled_from(fresh))


@st.composite
def _ports(draw: st.DrawFn, tenancy: Tenancy, plant: Plant, tenant: str, name: str, free: set[tuple[str, str]]) -> None:
    """Add a port, unless what was drawn for it is impossible."""
    mine = [network for network in tenancy.networks.values() if network.tenant == tenant]
    form = draw(st.sampled_from(("access", "access", "access", "trunk", "outside")))
    places = sorted(free)
    if not places:
        return
    switch, interface = draw(st.sampled_from(places))
    if form == "outside":
        overlays = [network for network in mine if network.segment.is_overlay]
        if not overlays:
            return
        network = draw(st.sampled_from(overlays))
        version = draw(st.sampled_from((4, 4, 4, 6)))
        where = endpoint(version, draw(st.integers(10, 11)))
        port = Port(tenant, name, network.id, endpoint=where)
    elif form == "access":
        network = draw(st.sampled_from(mine))
        if not _fits(plant, network, switch):
            return
        port = Port(tenant, name, network.id, switch=switch, interface=interface)
    else:
        carried = [network.id for network in mine]
        tags = draw(st.permutations(TAGS))
        trunk = tuple(sorted(zip(tags, carried, strict=False)))
        if not trunk:
            return
        port = Port(tenant, name, trunk=trunk, switch=switch, interface=interface)
    free.discard((switch, interface))
    taken = set().union(*(tenancy.known_macs(network) for network in port.networks))
    fresh = [mac for mac in MACS if mac not in taken]
    is_given = draw(st.booleans())
    mac = mac_text(draw(st.sampled_from(fresh))) if fresh and is_given else None
    tenancy.ports[port.id] = Port(
        tenant, name, port.network, port.trunk, port.switch, port.interface, port.endpoint, mac
    )


def _fits(plant: Plant, network: Network, switch: str) -> bool:
    """Whether a port of the network can be on that switch.

    `tenantry check` only warns of an `auto` network whose endpoints turn out to be of both IP families, or missing
    under a trunk, so such networks are generated, too.
    """
    return not network.segment.is_overlay or plant.switches[switch].endpoint is not None
