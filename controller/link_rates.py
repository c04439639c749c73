"""How much passes over links, in each direction: from what the switches at their ends counted (`controller.rates`).

A direction is what its sender counted, or what came in at the other end while the sender says nothing. Nothing is asked
for this that is not asked for ports: a switch tells of all its interfaces at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.core import Core
from controller.fabric.model import End, Link
from controller.rates import Rate, Sample, rate_at


@dataclass(frozen=True, slots=True)
class LinkRate:
    """What passes over a link as its end `a` sees it, out of it and in to it; drops are those of both ends."""

    link: Link
    rate: Rate
    speed: int | None
    """Of the slower end, in kbit/s."""


def link_rates(core: Core, pairs: Mapping[str, tuple[Sample, Sample]], switch: str | None) -> Iterator[LinkRate]:
    """The links that are up of which something is known; those of one switch if it is given."""
    for link in core.fabric.links:
        if switch in (None, link.a.switch, link.b.switch):
            here, there = (_at(core, pairs, end) for end in (link.a, link.b))
            if here or there:
                yield LinkRate(link, _of_ends(here, there), core.fabric.speed(link))


def _at(core: Core, pairs: Mapping[str, tuple[Sample, Sample]], end: End) -> Rate | None:
    found = rate_at(core, end.switch, end.interface, *pairs[end.switch]) if end.switch in pairs else None
    return found[0] if found else None


def _of_ends(here: Rate | None, there: Rate | None) -> Rate:
    sent = (here.packets_out, here.bits_out) if here else (there.packets_in, there.bits_in) if there else (0, 0)
    back = (there.packets_out, there.bits_out) if there else (here.packets_in, here.bits_in) if here else (0, 0)
    drops = sum(end.drops for end in (here, there) if end)
    return Rate(packets_in=back[0], packets_out=sent[0], bits_in=back[1], bits_out=sent[1], drops=drops)
