"""What it costs to send over a link, as operators say it.

A path costs the sum of its links. What drains costs more than all else together, so that it is used only where there is
no other way; a guest on a switch that drains is still reached, by a link that does not drain if there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from controller.fabric.model import Link
from controller.intent.model import Fabric, LinkSetting

DRAINING = 1 << 32
"""Added to the cost of a link for each reason to avoid it. Without one no path is as dear: one that visits no switch
twice has fewer links than there are switches, fewer than 65,536, of at most 65,535 each."""
_DEFAULT = LinkSetting()


def setting_of(fabric: Fabric, link: Link) -> LinkSetting:
    """What the operator says about a link, with the defaults for one that is not named."""
    ends = (link.a.switch, link.a.interface), (link.b.switch, link.b.interface)
    return fabric.links.get(ends, _DEFAULT)


def reasons_to_drain(fabric: Fabric, link: Link) -> int:
    """How many of these drain: the link itself, and the switches at its ends."""
    switches = (fabric.switches.get(end.switch) for end in (link.a, link.b))
    return setting_of(fabric, link).draining + sum(switch.draining for switch in switches if switch)


def link_costs(fabric: Fabric, links: Collection[Link]) -> Mapping[Link, int]:
    """The cost of each of `links`: the operator's, 1 by default, and `DRAINING` for each reason to avoid it."""
    return {link: setting_of(fabric, link).cost + DRAINING * reasons_to_drain(fabric, link) for link in links}
