"""The pipeline: every table that a switch's program uses, and what the metadata means.

    classify -> vlan -------------------+----------------> deliver
        |                               v
        +-----> tunnel --------> destination -> flood -> mark -> tree
        |                               ^
        +-----> source -----------------+

Whatever enters is first given its network, as a number in the metadata; from then on only the metadata says where a
frame belongs, so MAC and IP addresses may repeat across networks without limit. Inside the pipeline a frame carries no
VLAN tag: what enters with one that the classification did not take off is dropped in `destination`.

A frame for a known address on another switch carries that switch's label (`apps.labels`) on links, and is only sent on
or handed over. Other frames are flooded, and marked (`apps.trees`): on links by the tag's priority, inside the pipeline
by bits beside the network's number. A marked frame follows the network's tree to the end and is handed over where its
address is, but never sent after a known address, or it could arrive twice.

The network's number is its segment, kind and key: nothing to allocate, the same after every restart, and a network that
changes its segment has flows for the new one beside those for the old one until all switches are done.

A version in which tables mean something else gives all but the first of them other ids, and groups with another meaning
other numbers. Then its flows can stand beside those of the version before on a switch, until packets are led to them.
"""

from __future__ import annotations

from controller.dataplane.fields import (
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    IN_PORT,
    METADATA,
    TUN_DST,
    TUN_ID,
    TUN_IPV6_DST,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PCP,
    VLAN_VID,
)
from controller.dataplane.table import Table
from controller.fabric.detours import Colour
from controller.intent.model import Segment, SegmentKey

SEGMENT_CODE = {Segment.VLAN: 1, Segment.VXLAN: 2, Segment.GENEVE: 3, Segment.GRE: 4}
"""Second word of the metadata; the first holds the key."""


def network_number(segment: SegmentKey) -> int:
    """The metadata of a network's frames: code of the segment in bits 32 to 39, key in bits 0 to 31."""
    return SEGMENT_CODE[segment.segment] << 32 | segment.key


def encapsulation_number(segment: Segment) -> int:
    """The metadata of decapsulated frames whose network is not known yet: the code in bits 40 to 47."""
    return SEGMENT_CODE[segment] << 40


NETWORK = (1 << 48) - 1
"""The bits of the metadata that hold the network's number."""
FLOODED = 1 << 48
"""The bit of the metadata that says: some switch before has flooded this frame, so all others do."""
MARKS = FLOODED | 1 << 49
"""Bits of the metadata that say which trees a flooded frame follows."""
FLOOD_MARKS = (FLOODED, MARKS)
"""What these bits are, by mark."""
FLOODED_PCP = (1, 4)
"""The same on a link: priority of the VLAN tag, by mark; 0 for frames with a label."""
DETOUR_PCP = {Colour.RED: 2, Colour.BLUE: 3}
"""Priority of the VLAN tag of a frame with a label that was turned aside (`controller.fabric.detours`)."""

_REWRITE = frozenset({ETH_DST, VLAN_VID, VLAN_PCP, TUN_ID, TUN_DST, TUN_IPV6_DST})

CLASSIFY = Table(
    0,
    "classify",
    "Where a frame comes from: a tenant's port (and so its network), a link, a tunnel, or nowhere we know.",
    matches=frozenset({IN_PORT, VLAN_VID, VLAN_PCP, TUN_SRC, TUN_IPV6_SRC, TUN_ID, ETH_DST, ETH_TYPE}),
    sets=frozenset({METADATA}),
    next=frozenset({"vlan", "tunnel", "source"}),
    priorities={
        "unheard": 600,
        "probe": 500,
        "port": 400,
        "lldp": 350,
        "refuse": 300,
        "announcement": 200,
        "outside": 150,
        "flooded": 120,
        "link": 100,
        "endpoint": 100,
    },
)
VLAN = Table(
    1,
    "vlan",
    "Frames from links: what is for other switches is sent on; else the VLAN tag names the network and is taken off.",
    matches=frozenset({METADATA, VLAN_VID, VLAN_PCP, ETH_DST}),
    sets=frozenset({METADATA}),
    next=frozenset({"destination", "deliver", "tree"}),
    priorities={"flooded": 500, "tree": 400, "detour": 300, "label": 200, "network": 100},
)
TUNNEL = Table(
    2,
    "tunnel",
    "Frames from our own tunnel endpoints: encapsulation and tunnel ID name the network, or the underlay's probes.",
    matches=frozenset({METADATA, TUN_ID, TUN_SRC, TUN_IPV6_SRC, VLAN_VID, ETH_DST, ETH_TYPE}),
    sets=frozenset({METADATA, ETH_DST, TUN_ID, TUN_DST, TUN_IPV6_DST}),
    next=frozenset({"destination"}),
    priorities={"probe": 200, "network": 100},
)
SOURCE = Table(
    3,
    "source",
    "Who sends: given and learned addresses pass; a port that learns passes others too, with a copy to the controller.",
    matches=frozenset({IN_PORT, METADATA, ETH_SRC, TUN_SRC, TUN_IPV6_SRC}),
    sets=frozenset(),
    next=frozenset({"destination"}),
    priorities={"invalid": 300, "address": 200, "learn": 100},
)
DESTINATION = Table(
    4,
    "destination",
    "Where to: known addresses go straight there; what no bridge may forward is dropped; the rest floods.",
    matches=frozenset({METADATA, ETH_DST, ETH_TYPE, VLAN_VID}),
    sets=_REWRITE,
    next=frozenset({"flood"}),
    priorities={"lldp": 310, "guard": 300, "both": 210, "address": 200, "flood": 0},
)
FLOOD = Table(
    5,
    "flood",
    "Broadcast, multicast and unknown addresses: one copy to each local member and remote endpoint.",
    matches=frozenset({METADATA, ETH_SRC}),
    sets=_REWRITE,
    next=frozenset({"mark"}),
    priorities={"own": 200, "network": 100},
)

DELIVER = Table(
    6,
    "deliver",
    "Frames from links with this switch's label: the real destination address is put back, and they are handed over.",
    matches=frozenset({METADATA, ETH_DST}),
    sets=frozenset({ETH_DST, VLAN_VID}),
    next=frozenset(),
    priorities={"address": 100},
)
MARK = Table(
    7,
    "mark",
    "Which trees a flooded frame follows: those that its mark says, or, where it enters, those in force.",
    matches=frozenset({METADATA}),
    sets=frozenset({METADATA}),
    next=frozenset({"tree"}),
    priorities={"marked": 100, "enters": 0},
)
TREE = Table(
    8,
    "tree",
    "Flooded frames with the network's VLAN tag: one copy to each link of the tree, marked.",
    matches=frozenset({METADATA, VLAN_VID}),
    sets=frozenset({VLAN_PCP}),
    next=frozenset(),
    priorities={"tree": 100},
)

PIPELINE = (CLASSIFY, VLAN, TUNNEL, SOURCE, DESTINATION, FLOOD, DELIVER, MARK, TREE)
