"""Labels: how a frame for a known address says on links where it goes.

The switch where a frame enters replaces the destination address by one that names the switch where it leaves; there the
real one is put back. So the switches between need to know switches, not addresses, and a change of the fabric costs
flows and groups in proportion to switches, however many guests there are. (PortLand does the same with its pseudo MACs:
Niranjan Mysore et al., SIGCOMM 2009.) The frame does not grow.

    bits 47 to 42 | 41, 40 | 39 to 24 | 23 to 0
    label         | 1 0    | label    | last half of the real address

The two bits say that this is one station's address, and locally administered (IEEE 802-2014, 8.4). A label is the
switch's number and the plane (`controller.fabric.paths`), and is the last part of the next-hop group's number, too.
"""

from __future__ import annotations

from controller.dataplane.flow import OUR_GROUPS
from controller.fabric.paths import PLANES

_LOCAL = 0x02 << 40
_LABEL = 0xFFFFFF << 24
_HALF = 0xFFFFFF


def label_of(number: int, plane: int) -> int:
    """The label of the switch with this number (`controller.fabric.paths.SWITCH_NUMBERS`), by the ways of a plane."""
    return number * PLANES + plane


def next_hop_group(label: int) -> int:
    """Number of the group that sends to where a label says."""
    return OUR_GROUPS[label]


def half(mac: int) -> int:
    """What a labelled address keeps of the real one; of a network's addresses on a switch no two may be the same."""
    return mac & _HALF


def labelled(label: int, mac: int) -> int:
    """The destination address that carries a label in the place of `mac`."""
    return _spread(label) | _LOCAL | half(mac)


def to_label(label: int) -> tuple[int, int]:
    """A match of destination addresses with this label."""
    return _spread(label) | _LOCAL, _LABEL


def to_switch(number: int) -> tuple[int, int]:
    """A match of destination addresses that name this switch, whatever the plane."""
    first = label_of(number, 0)
    return _spread(first) | _LOCAL, _LABEL & ~_spread(PLANES - 1)


def _spread(label: int) -> int:
    return label >> 16 << 42 | (label & 0xFFFF) << 24
