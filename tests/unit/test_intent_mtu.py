"""What is left of the underlay's MTU, header by header."""

from __future__ import annotations

import pytest

from controller.intent.model import Segment
from controller.intent.mtu import guest_mtu


@pytest.mark.parametrize(
    ("segment", "over_ipv4", "over_ipv6"),
    [
        (Segment.VLAN, 1500, 1500),
        (Segment.VXLAN, 1500 - (20 + 8 + 8 + 14), 1500 - (40 + 8 + 8 + 14)),
        (Segment.GENEVE, 1500 - (20 + 8 + 8 + 14), 1500 - (40 + 8 + 8 + 14)),
        (Segment.GRE, 1500 - (20 + 8 + 14), 1500 - (40 + 8 + 14)),
    ],
)
def test_guest_mtu(segment: Segment, over_ipv4: int, over_ipv6: int) -> None:
    assert guest_mtu(segment, 1500, 4) == over_ipv4
    assert guest_mtu(segment, 1500, 6) == over_ipv6


def test_an_unsettled_segment_has_no_mtu() -> None:
    with pytest.raises(KeyError):
        guest_mtu(Segment.AUTO, 1500)
