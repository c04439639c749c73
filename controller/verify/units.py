"""One network on one switch, examined by itself: what a change of it costs does not depend on how many there are.

A frame of a network meets flows that the switch has regardless of networks (its *base*), and flows of the network, but
none of another's; and frames of others meet none of its flows. That is so because flows of networks match what only
their own frames have: the network's number in the metadata, or an interface of one of its ports; or else they are in
*bare* tables, to which only frames come whose network is not known yet. All of that is checked here, too. Where it does
not hold, nothing is said, and the switch has to be examined as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.dataplane.fields import IN_PORT, METADATA, TUN_ID, VLAN_PRESENT, VLAN_VID, Field
from controller.dataplane.flow import Flow, Output
from controller.verify.borders import Border, Owner
from controller.verify.classes import BITS
from controller.verify.rules import Holding, Rule, RuleIndex
from controller.verify.search import Breach
from controller.verify.sweep import VID, State, Sweep, entries, entries_at
from controller.verify.verifier import confirmed


@dataclass(frozen=True, slots=True)
class Numbering:
    """How the metadata tells networks apart."""

    owners: Mapping[int, Owner]
    """Networks by number, of all keys."""
    mask: int
    """The bits that hold the number."""


class Base:
    """What a switch has regardless of networks, examined once for all of them."""

    def __init__(self, border: Border, holding: Holding) -> None:
        self.groups = holding.groups
        self.index = RuleIndex(holding.rules)
        sweep = Sweep(border, self.groups, self.index)
        sweep.run(entries(border))
        self.unsettled = [state for state in sweep.states if state[1].owner is None]
        """Classes of frames whose network is not known yet."""
        self.bare: set[int] = set()
        """Tables beside the first in which flows of networks take frames whatever number these have."""
        self.numbered: set[int] = set()
        """Tables to which frames of known networks came, of all networks that were examined since."""
        is_led_on = any(table and origin.owner is not None for table, origin, _ in sweep.states)
        self.is_separate = not sweep.suspects and not is_led_on
        """Whether no frame of a known owner gets beyond the first table by it, and none leaves where it should not."""
        self._ports = frozenset(border.ports)
        self._named = frozenset(_named(holding))
        """Interfaces that its flows and groups name."""

    def fits(self, border: Border) -> bool:
        """Whether it holds for the switch as it is now: no interface that it names has come to or from a tenant."""
        return not self._named.intersection(self._ports.symmetric_difference(border.ports))


@dataclass(frozen=True, slots=True)
class UnitExamined:
    """What was found on one network on one switch."""

    breaches: tuple[Breach, ...]
    is_separate: bool
    """Whether it can be examined by itself; if not, only the whole switch says what is so."""


def examine_unit(border: Border, base: Base, owner: Owner, rules: Iterable[Rule], numbering: Numbering) -> UnitExamined:
    """Look for frames of a network that leave a switch where they should not; `rules` are all flows of the network."""
    own = tuple(rules)
    index = RuleIndex(own)
    sweep = Sweep(border, base.groups, base.index, index)
    for state in base.unsettled:
        sweep.look(state, (index,))
    sweep.run(entries_at(border, border.interfaces_of(owner)))
    unit = _Unit(border, base, owner, numbering)
    is_separate = base.is_separate and all(map(unit.owns, own)) and all(map(unit.keeps, sweep.states))
    return UnitExamined(tuple(confirmed(sweep)), is_separate and not base.bare & base.numbered)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A network on a switch."""

    border: Border
    base: Base
    owner: Owner
    numbering: Numbering

    def owns(self, rule: Rule) -> bool:
        """Whether a flow takes no frame that is known to be another network's, unless it is in a bare table."""
        flow = rule.flow
        if flow.table == 0:
            return _is_at_own_edge(flow, self.border, self.owner)
        number = _asked(flow, METADATA, self.numbering.mask)
        if number is None:
            self.base.bare.add(flow.table)
            return True
        # What is no network's number may be that of frames whose network is not known yet.
        return self.numbering.owners.get(number, self.owner) == self.owner

    def keeps(self, state: State) -> bool:
        """Whether a class has the network's number, once the network is known; then it is in no bare table."""
        table, origin, frames = state
        if table == 0:
            return True
        self.base.numbered.add(table)
        number = frames.written[METADATA] & self.numbering.mask
        return origin.owner is not None and self.numbering.owners.get(number) == self.owner


def _named(holding: Holding) -> Iterator[int]:
    actions = [action for rule in holding.rules for action in rule.flow.actions]
    actions += [action for group in holding.groups.values() for bucket in group.buckets for action in bucket.actions]
    yield from (action.port for action in actions if isinstance(action, Output))
    for rule in holding.rules:
        interface = _asked(rule.flow, IN_PORT, BITS[IN_PORT])
        if interface is not None:
            yield interface


def _is_at_own_edge(flow: Flow, border: Border, owner: Owner) -> bool:
    interface = _asked(flow, IN_PORT, BITS[IN_PORT])
    if interface is None:
        return False
    segment = border.tunnels.get(interface)
    if segment is not None:
        key = _asked(flow, TUN_ID, BITS[TUN_ID])
        return key is not None and border.ground.of_key(segment, key) == owner
    vid = _asked(flow, VLAN_VID, BITS[VLAN_VID])
    tag = vid & VID if vid is not None and vid & VLAN_PRESENT else None
    return border.owner(interface, tag, 0, None) == owner


def _asked(flow: Flow, field: Field, bits: int) -> int | None:
    """The value that a flow asks of all these bits of a field."""
    for asked, value, mask in flow.match:
        if asked is field and (mask is None or mask & bits == bits):
            return value & bits
    return None
