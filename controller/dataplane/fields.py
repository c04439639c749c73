"""The packet and pipeline fields that flows match and set.

Every field is declared once, with its OXM or NXM header (OpenFlow 1.3.5, 7.2.3; Nicira extensions: ovs-fields(7)), so
that matching, setting, encoding and printing all read the same declaration. Values are plain integers throughout the
dataplane: a MAC is 48 bits, a VLAN match carries the `VLAN_PRESENT` bit (OpenFlow's OFPVID_PRESENT).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

OXM_BASIC = 0x8000
NXM_1 = 0x0001

VLAN_NONE = 0
"""A `vlan_vid` match for frames without a tag (OFPVID_NONE)."""
VLAN_PRESENT = 0x1000
"""The bit that says "there is a tag" in a `vlan_vid` value (OFPVID_PRESENT)."""

ETH_LLDP = 0x88CC
ETH_VLAN = 0x8100
ETH_SERVICE_VLAN = 0x88A8
ETH_OUI_EXTENDED = 0x88B7
"""A protocol named by an OUI and two more octets follows (IEEE 802-2014, 9.2.4)."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of the packet, its tunnel, or the pipeline. Each exists once, so it equals itself only.

    `oxm_class` and `number` are its header on the wire, `size` its bytes there, `rank` its place in an encoded match.
    """

    name: str
    oxm_class: int
    number: int
    size: int
    rank: int

    @property
    def all_ones(self) -> int:
        """The mask that is the same as no mask."""
        return (1 << 8 * self.size) - 1

    def __repr__(self) -> str:
        return self.name


# In the order in which Open vSwitch writes a match (nx_put_raw in its lib/nx-match.c), so that a flow that is read back
# has the bytes that were sent.
_DECLARATIONS = (
    ("in_port", OXM_BASIC, 0, 4),
    ("eth_src", OXM_BASIC, 4, 6),
    ("eth_dst", OXM_BASIC, 3, 6),
    ("eth_type", OXM_BASIC, 5, 2),
    ("vlan_vid", OXM_BASIC, 6, 2),
    ("vlan_pcp", OXM_BASIC, 7, 1),
    ("tun_id", OXM_BASIC, 38, 8),
    ("tun_src", NXM_1, 31, 4),
    ("tun_dst", NXM_1, 32, 4),
    ("tun_ipv6_src", NXM_1, 109, 16),
    ("tun_ipv6_dst", NXM_1, 110, 16),
    ("metadata", OXM_BASIC, 2, 8),
)

FIELDS = {
    name: Field(name, oxm_class, number, size, rank)
    for rank, (name, oxm_class, number, size) in enumerate(_DECLARATIONS)
}

IN_PORT = FIELDS["in_port"]
METADATA = FIELDS["metadata"]
ETH_DST = FIELDS["eth_dst"]
ETH_SRC = FIELDS["eth_src"]
ETH_TYPE = FIELDS["eth_type"]
VLAN_VID = FIELDS["vlan_vid"]
VLAN_PCP = FIELDS["vlan_pcp"]
TUN_ID = FIELDS["tun_id"]
TUN_SRC = FIELDS["tun_src"]
TUN_DST = FIELDS["tun_dst"]
TUN_IPV6_SRC = FIELDS["tun_ipv6_src"]
TUN_IPV6_DST = FIELDS["tun_ipv6_dst"]


def tunnel_source(address: IPv4Address | IPv6Address) -> Field:
    """The field that holds the sender of an encapsulated packet of `address`'s family."""
    return TUN_SRC if address.version == 4 else TUN_IPV6_SRC


def tunnel_destination(address: IPv4Address | IPv6Address) -> Field:
    """The field that names the receiver of an encapsulated packet of `address`'s family."""
    return TUN_DST if address.version == 4 else TUN_IPV6_DST


def mac_number(text: str) -> int:
    """The 48-bit number of a MAC written `aa:bb:cc:dd:ee:ff`."""
    return int(text.replace(":", ""), 16)


def mac_text(number: int) -> str:
    """A 48-bit number as `aa:bb:cc:dd:ee:ff`."""
    return ":".join(f"{octet:02x}" for octet in number.to_bytes(6, "big"))
