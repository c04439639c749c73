"""Rows about how much passes over links, the most first."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest

from pydantic import Field

from controller.api.filters import MOST_ITEMS, Nothing
from controller.api.rate_rows import PerSecond
from controller.api.rows import Row
from controller.link_rates import LinkRate


class LinkRateFilters(Nothing):
    """Which links."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="At most so many, the most first.")
    switch: str | None = Field(default=None, max_length=255, description="Name of a switch.")


class LinkRateRow(Row):
    """What passes over a link in a second, in each direction, as the sender counts it."""

    id: str
    """As in `/api/v1/links`; `a` is the end that is named first."""
    speed: int | None
    """Of the slower end, in kbit/s; null when switches do not know it."""
    packets_a_to_b: PerSecond
    packets_b_to_a: PerSecond
    bits_a_to_b: PerSecond
    bits_b_to_a: PerSecond
    drops: PerSecond
    """At both ends together."""
    load: float | None = Field(ge=0)
    """How much of `speed` the busier direction takes: 1 is all of it. Null when `speed` is."""


class LinkRates(Row):
    """How much passes over links now."""

    items: list[LinkRateRow]
    """Ordered by bits, in both directions together."""
    known: int
    """How many there are, of which `items` are the first."""
    behind: list[str]
    """Connected switches that did not answer in time; what they count is older, or missing."""


def most(rates: Iterable[LinkRate], limit: int, behind: list[str]) -> LinkRates:
    """The most, in order."""
    found = sorted(rates, key=lambda one: one.link)
    items = nlargest(limit, found, key=lambda one: one.rate.bits_in + one.rate.bits_out)
    return LinkRates(items=[_row(one) for one in items], known=len(found), behind=behind)


def _row(one: LinkRate) -> LinkRateRow:
    rate = one.rate
    return LinkRateRow(
        id=str(one.link),
        speed=one.speed,
        packets_a_to_b=round(rate.packets_out, 1),
        packets_b_to_a=round(rate.packets_in, 1),
        bits_a_to_b=round(rate.bits_out),
        bits_b_to_a=round(rate.bits_in),
        drops=round(rate.drops, 1),
        load=round(max(rate.bits_in, rate.bits_out) / (1000 * one.speed), 6) if one.speed else None,
    )
