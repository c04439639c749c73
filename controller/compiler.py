"""The compiler: asks each app for its share, per unit, and remembers the answers.

A unit is one network on one switch, or what a switch has regardless of networks. It is compiled again only when what
apps are given has changed, and each compilation returns the *change*: the share before and after. Everything sent to a
switch is made of such changes; the whole program is only assembled when a switch connects.

While keys pass from one network to another (a renamed network, two that swap keys) both may hold the same flow for a
moment, as it looks the same to the switch. Such a flow is counted, and leaves with the last unit that holds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from apps import access, discovery, forwarding, learning, overlay, vlan
from apps.units import NetworkUnit, SwitchUnit
from controller.dataplane.flow import Flow, Group, Meter, Program
from controller.dataplane.program import EMPTY_SHARE, Share, assemble, share_of

NETWORK_APPS = (access, learning, forwarding, vlan, overlay)
SWITCH_APPS = (access, learning, forwarding, vlan, overlay, discovery)
SWITCH = ""
"""Stands in for a network's id where a share is the switch's own."""


def beside(network: str) -> str:
    """Stands in for a network's id where a share is what it has on its second key."""
    return f"{network} "


@dataclass(frozen=True, slots=True)
class Change:
    """One unit's share of one switch's program, before and after; what another unit still holds is not in `before`."""

    switch: str
    before: Share
    after: Share


class Compiler:
    """Remembers each unit and its share."""

    def __init__(self) -> None:
        self._units: dict[str, dict[str, NetworkUnit | SwitchUnit]] = {}
        self._shares: dict[str, dict[str, Share]] = {}
        self._flows: dict[str, dict[int, Flow]] = {}
        self._further: dict[str, Counter[int]] = {}
        """For each switch how many units beyond the first hold a flow; few flows have any."""
        self._spread: dict[str, frozenset[str]] = {}

    def compile_switch(self, unit: SwitchUnit) -> Iterator[Change]:
        """Compile a switch's own unit."""
        yield from self._compile(unit.switch, SWITCH, unit)

    def compile_network(self, network: str, units: Mapping[str, NetworkUnit]) -> Iterator[Change]:
        """Compile a network's units; it goes from switches that have none any more."""
        for switch in sorted(self._spread.get(network, frozenset()) - units.keys()):
            yield from self._forget(switch, network)
        for switch, unit in units.items():
            yield from self._compile(switch, network, unit)
        if units:
            self._spread[network] = frozenset(units)
        else:
            self._spread.pop(network, None)

    def forget_switch(self, switch: str) -> None:
        """Drop all that was compiled for a switch which intent no longer has."""
        self._units.pop(switch, None)
        self._shares.pop(switch, None)
        self._flows.pop(switch, None)
        self._further.pop(switch, None)

    def networks(self) -> frozenset[str]:
        """Ids of the networks that are compiled somewhere."""
        return frozenset(self._spread)

    def networks_on(self, switch: str) -> frozenset[str]:
        """Ids of the networks that are compiled for the switch."""
        return frozenset(self._units.get(switch, {})) - {SWITCH}

    def switches_of(self, network: str) -> frozenset[str]:
        """Names of the switches for which the network is compiled."""
        return self._spread.get(network, frozenset())

    def remembered(self, switch: str, name: str) -> tuple[NetworkUnit | SwitchUnit | None, Share]:
        """A unit (of a network, or `SWITCH`) and its share as they were compiled last; (None, EMPTY_SHARE) if never."""
        return self._units.get(switch, {}).get(name), self._shares.get(switch, {}).get(name, EMPTY_SHARE)

    def program(self, switch: str) -> Program:
        """Everything the switch should hold."""
        return assemble(self._shares.get(switch, {}).values())

    def find(self, switch: str, cookie: int) -> Flow | None:
        """A flow of the switch's program by its cookie."""
        return self._flows.get(switch, {}).get(cookie)

    def _compile(self, switch: str, name: str, unit: NetworkUnit | SwitchUnit) -> Iterator[Change]:
        units = self._units.setdefault(switch, {})
        if units.get(name) == unit:
            return
        shares = self._shares.setdefault(switch, {})
        before = shares.get(name, EMPTY_SHARE)
        after = compile_network(unit) if isinstance(unit, NetworkUnit) else compile_switch(unit)
        units[name], shares[name] = unit, after
        yield self._change(switch, before, after)

    def _forget(self, switch: str, name: str) -> Iterator[Change]:
        if self._units.get(switch, {}).pop(name, None) is not None:
            yield self._change(switch, self._shares[switch].pop(name), EMPTY_SHARE)

    def _change(self, switch: str, before: Share, after: Share) -> Change:
        flows = self._flows.setdefault(switch, {})
        further = self._further.setdefault(switch, Counter())
        further.update(cookie for cookie in after.flows.keys() - before.flows.keys() if cookie in flows)
        leaving = before.flows.keys() - after.flows.keys()
        if staying := leaving & further.keys():
            further -= Counter(staying)
            leaving -= staying
            before = replace(before, flows={c: flow for c, flow in before.flows.items() if c not in staying})
        for cookie in leaving:
            del flows[cookie]
        flows.update(after.flows)
        return Change(switch, before, after)


def compile_network(unit: NetworkUnit) -> Share:
    """The share of one network on one switch."""
    return share_of(flow for app in NETWORK_APPS for flow in app.network_flows(unit))


def compile_switch(unit: SwitchUnit) -> Share:
    """The share that a switch has regardless of networks."""
    flows: Iterator[Flow] = (flow for app in SWITCH_APPS for flow in app.switch_flows(unit))
    groups: Iterator[Group] = vlan.switch_groups(unit)
    meters: Iterator[Meter] = (meter for app in (learning, discovery) for meter in app.switch_meters(unit))
    return share_of(flows, groups, meters)
