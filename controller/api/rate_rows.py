"""Rows about how much passes at ports, on networks and for tenants, the most first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from heapq import nlargest
from typing import Annotated

from pydantic import Field

from controller.api.filters import MOST_ITEMS, Nothing
from controller.api.rows import Row
from controller.rates import PortRate, Rate


class Subject(StrEnum):
    """Whose rates."""

    PORTS = "ports"
    NETWORKS = "networks"
    TENANTS = "tenants"


class RateFilters(Nothing):
    """Which rates."""

    of: Subject = Field(default=Subject.PORTS, description="Whose.")
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="At most so many, the most first.")
    tenant: str | None = Field(default=None, max_length=255, description="Name of a tenant.")
    switch: str | None = Field(default=None, max_length=255, description="Name of a switch.")
    network: str | None = Field(default=None, max_length=600, description="Id of a network, `tenant/name`.")


PerSecond = Annotated[float, Field(ge=0)]


class RateRow(Row):
    """What passes in a second, in from guests and out to them."""

    name: str
    """Of the tenant, or id of the network or port."""
    switch: str | None
    """Of a port, as all that follows."""
    interface: str | None
    network: str | None
    """Null for a trunk port."""
    packets_in: PerSecond
    packets_out: PerSecond
    bits_in: PerSecond
    bits_out: PerSecond
    drops: PerSecond | None
    """In both directions; null for a network with trunk ports, as only interfaces know."""


class Rates(Row):
    """How much passes now."""

    items: list[RateRow]
    """Ordered by bits, in and out together."""
    known: int
    """How many there are, of which `items` are the first."""
    behind: list[str]
    """Connected switches that did not answer in time; theirs are older, or missing."""


class Totals:
    """The sums, while they are made: port after port, so that others may have their turn in between."""

    def __init__(self, filters: RateFilters) -> None:
        self._filters = filters
        self._rows: dict[str, tuple[Rate, PortRate | None]] = {}
        self._trunks: set[str] = set()
        """Networks with trunk ports."""

    def add(self, ports: Iterable[PortRate]) -> Iterator[None]:
        """Take ports in, one with each step."""
        for one in ports:
            yield None
            if self._filters.tenant in (None, one.port.tenant):
                self._add(one)

    def _add(self, one: PortRate) -> None:
        network = self._filters.network
        rates = {name: rate for name, rate in one.by_network.items() if network in (None, name)}
        match self._filters.of:
            case Subject.NETWORKS:
                for name, rate in rates.items():
                    self._sum(name, rate)
                    if one.port.trunk:
                        self._trunks.add(name)
            case _ if not rates:
                return
            case Subject.TENANTS:
                for rate in [one.rate] if network is None else rates.values():
                    self._sum(one.port.tenant, rate)
            case Subject.PORTS:
                self._rows[one.port.id] = one.rate, one

    def _sum(self, name: str, rate: Rate) -> None:
        if name not in self._rows:
            self._rows[name] = Rate(), None
        self._rows[name][0].add(rate)

    def answer(self, behind: list[str]) -> Rates:
        """The most, in order."""
        rows = nlargest(self._filters.limit, self._rows.items(), key=lambda row: _bits(row[1][0]))
        rows.sort(key=lambda row: (-_bits(row[1][0]), row[0]))
        items = [self._row(name, rate, one) for name, (rate, one) in rows]
        return Rates(items=items, known=len(self._rows), behind=behind)

    def _row(self, name: str, rate: Rate, one: PortRate | None) -> RateRow:
        return RateRow(
            name=name,
            switch=one.port.switch if one else None,
            interface=one.port.interface if one else None,
            network=one.port.network if one else None,
            packets_in=round(rate.packets_in, 1),
            packets_out=round(rate.packets_out, 1),
            bits_in=round(rate.bits_in),
            bits_out=round(rate.bits_out),
            drops=None if name in self._trunks else round(rate.drops, 1),
        )


def _bits(rate: Rate) -> float:
    return rate.bits_in + rate.bits_out
