"""The compiler: asks each app for its share, per unit, and remembers the answers.

A unit is one network on one switch, or what a switch has regardless of networks: its trees, and all else. It is
compiled again only when what apps are given has changed, and each compilation returns the *change*: the share before
and after. Everything sent to a switch is made of such changes; the whole program is only assembled when a switch
connects.

While keys pass from one network to another (a renamed network, two that swap keys) both may hold the same flow for a
moment, as it looks the same to the switch; and the networks of a trunk port share its meter. Such a flow or meter
leaves with the last unit that holds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from apps import discovery, learning, loop_guard, trees, underlay, vlan
from apps.roster import NETWORK_APPS, SWITCH_APPS
from apps.units import NetworkUnit, SwitchUnit, TreeUnit
from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Group, Program
from controller.dataplane.program import EMPTY_SHARE, Share, assemble, share_of

SWITCH = ""
"""Stands in for a network's id where a share is the switch's own."""
TREES = "/"
"""The same for its trees, which change while all else of it does not."""

Unit: TypeAlias = NetworkUnit | SwitchUnit | TreeUnit


def beside(network: str) -> str:
    """Stands in for a network's id where a share is what it has on its second key."""
    return f"{network} "


def network_of(name: str) -> str:
    """The network whose share, on its first or second key, goes by this name."""
    return name.removesuffix(" ")


@dataclass(frozen=True, slots=True)
class Change:
    """One unit's share of one switch's program, before and after; what another unit still holds is not in `before`."""

    switch: str
    before: Share
    after: Share


class Compiler:
    """Remembers each unit and its share."""

    def __init__(self) -> None:
        self._units: dict[str, dict[str, Unit]] = {}
        self._shares: dict[str, dict[str, Share]] = {}
        self._reporting: dict[str, dict[int, Flow]] = {}
        """For each switch the flows by cookie that it tells us of; few flows are."""
        self._metering: dict[str, Counter[int]] = {}
        """For each switch how many units hold a meter."""
        self._spread: dict[str, frozenset[str]] = {}
        self._numbers: dict[str, int] = {}
        self._users: dict[int, set[str]] = {}
        """Networks by number: one, except while a key passes from one to another."""

    def compile_switch(self, unit: SwitchUnit) -> Iterator[Change]:
        """Compile a switch's own unit."""
        yield from self._compile(unit.switch, SWITCH, unit)

    def compile_trees(self, unit: TreeUnit) -> Iterator[Change]:
        """Compile a switch's trees."""
        yield from self._compile(unit.switch, TREES, unit)

    def compile_network(self, network: str, units: Mapping[str, NetworkUnit]) -> Iterator[Change]:
        """Compile a network's units; it goes from switches that have none any more."""
        old, new = self._numbers.get(network), next((unit.number for unit in units.values()), None)
        if new:
            self._users.setdefault(new, set()).add(network)
        for switch in sorted(self._spread.get(network, frozenset()) - units.keys()):
            yield from self._forget(switch, network)
        for switch, unit in units.items():
            yield from self._compile(switch, network, unit)
        if new:
            self._spread[network], self._numbers[network] = frozenset(units), new
        elif old:
            del self._spread[network], self._numbers[network]
        if old and old != new:
            self._users[old].discard(network)
            if not self._users[old]:
                del self._users[old]

    def forget_switch(self, switch: str) -> None:
        """Drop all that was compiled for a switch which intent no longer has."""
        self._units.pop(switch, None)
        self._shares.pop(switch, None)
        self._reporting.pop(switch, None)
        self._metering.pop(switch, None)

    def networks(self) -> frozenset[str]:
        """Ids of the networks that are compiled somewhere."""
        return frozenset(self._spread)

    def networks_on(self, switch: str) -> frozenset[str]:
        """Ids of the networks that are compiled for the switch."""
        return frozenset(self._units.get(switch, {})) - {SWITCH, TREES}

    def switches_of(self, network: str) -> frozenset[str]:
        """Names of the switches for which the network is compiled."""
        return self._spread.get(network, frozenset())

    def remembered(self, switch: str, name: str) -> tuple[Unit | None, Share]:
        """A unit (of a network, `SWITCH` or `TREES`) and its share as compiled last; (None, EMPTY_SHARE) if never."""
        return self._units.get(switch, {}).get(name), self._shares.get(switch, {}).get(name, EMPTY_SHARE)

    def shares(self, switch: str) -> list[Share]:
        """All shares of the switch's program."""
        return list(self._shares.get(switch, {}).values())

    def program(self, switch: str) -> Program:
        """Everything the switch should hold."""
        return assemble(self._shares.get(switch, {}).values())

    def find(self, switch: str, cookie: int) -> Flow | None:
        """A flow of the switch's program by its cookie; quick for those that the switch tells us of."""
        found = self._reporting.get(switch, {}).get(cookie)
        if found:
            return found
        shares = self._shares.get(switch, {}).values()
        return next((flow for share in shares for flow in share.contents if cookie_of(flow) == cookie), None)

    def _compile(self, switch: str, name: str, unit: Unit) -> Iterator[Change]:
        units = self._units.setdefault(switch, {})
        known = units.get(name)
        if known == unit:
            return
        shares = self._shares.setdefault(switch, {})
        before = shares.get(name, EMPTY_SHARE)
        after = compile_unit(unit)
        units[name], shares[name] = unit, after
        yield self._change(switch, name, known, before, after)

    def _forget(self, switch: str, name: str) -> Iterator[Change]:
        known = self._units.get(switch, {}).pop(name, None)
        if known is not None:
            yield self._change(switch, name, known, self._shares[switch].pop(name), EMPTY_SHARE)

    def _change(self, switch: str, name: str, known: Unit | None, before: Share, after: Share) -> Change:
        reporting = self._reporting.setdefault(switch, {})
        staying = self._held_by_others(switch, name, known.number) if isinstance(known, NetworkUnit) else frozenset()
        if staying:
            before = replace(before, contents=tuple(flow for flow in before.contents if cookie_of(flow) not in staying))
        for flow in before.contents:
            reporting.pop(cookie_of(flow), None)
        reporting.update((cookie_of(flow), flow) for flow in after.contents if flow.reports)
        if before.meters != after.meters:
            before = self._count_meters(switch, before, after)
        return Change(switch, before, after)

    def _held_by_others(self, switch: str, name: str, number: int) -> Set[int]:
        """Cookies of others than `name` that have its number; flows carry it, so no others can be alike."""
        others = self._users.get(number, set()) - {name}
        shares = self._shares.get(switch, {})
        return {cookie for other in others if other in shares for cookie in shares[other].flows}

    def _count_meters(self, switch: str, before: Share, after: Share) -> Share:
        """The share before, without meters that other units still hold."""
        users = self._metering.setdefault(switch, Counter())
        users.update({meter.id for meter in after.meters})
        users.subtract({meter.id for meter in before.meters})
        gone = tuple(meter for meter in before.meters if not users[meter.id])
        for meter in gone:
            del users[meter.id]
        return replace(before, meters=gone)


def compile_unit(unit: Unit) -> Share:
    """The share of a unit of any kind."""
    match unit:
        case NetworkUnit():
            return compile_network(unit)
        case TreeUnit():
            return share_of(trees.flows(unit), trees.groups(unit))
        case SwitchUnit():
            return compile_switch(unit)


def compile_network(unit: NetworkUnit) -> Share:
    """The share of one network on one switch."""
    flows: Iterator[Flow] = (flow for app in NETWORK_APPS for flow in app.network_flows(unit))
    return share_of(flows, meters=learning.network_meters(unit))


def compile_switch(unit: SwitchUnit) -> Share:
    """The share that a switch has regardless of networks."""
    flows: Iterator[Flow] = (flow for app in SWITCH_APPS for flow in app.switch_flows(unit))
    groups: Iterator[Group] = vlan.switch_groups(unit)
    meters = (app.switch_meters(unit) for app in (discovery, loop_guard, underlay))
    return share_of(flows, groups, chain.from_iterable(meters))
