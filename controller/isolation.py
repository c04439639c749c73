"""The proof that networks are kept apart, of what was compiled, a network at a time.

Whatever is compiled again is examined soon after: a network on all of its switches, or all networks of a switch for
what that has regardless of them. The rest is examined in turn, again and again. A network costs a millisecond or so on
each of its switches, however many others there are (`controller.verify.units`).

Whoever finds a frame that gets where it should not has found a bug: programs are what they should be, or this is not
noticed. What somebody else put into a switch is not seen here; the drift audit finds it, and `tenantry verify` tells
what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps import trees
from apps.pipeline import NETWORK, network_number
from controller.compiler import SWITCH, TREES, Change, Compiler, beside, network_of
from controller.dataplane.program import Share
from controller.situation import Situation
from controller.verification import border_in, ground_in
from controller.verify.borders import Border, Ground, Owner
from controller.verify.rules import Holding, Rule, holding_of
from controller.verify.search import Breach
from controller.verify.units import Base, Numbering, examine_unit
from controller.verify.verifier import Examined, examine


@dataclass(frozen=True, slots=True)
class Whole:
    """A switch that has to be examined as a whole, as a network on it cannot be by itself."""

    border: Border
    holding: Holding

    def examine(self) -> Examined:
        """Do it; that may take a second, and may be done by another thread."""
        return examine(self.border, self.holding)


class Isolation:
    """Examines what was compiled."""

    def __init__(self) -> None:
        self._bases: dict[str, tuple[Share, Share, Base]] = {}
        self._due: dict[str, None] = {}
        """Networks that were compiled again, the first one first."""
        self._switches: set[str] = set()
        """Those of which what they have regardless of networks was compiled again."""
        self._round: list[str] = []
        self._ground: Ground | None = None
        self._numbers: dict[int, Owner] = {}
        """Networks by the number of each of their keys."""

    def note(self, change: Change) -> None:
        """A share was compiled."""
        flow = next(iter((*change.after.contents[:1], *change.before.contents[:1])), None)
        if flow and flow.reason.app == trees.APP:
            # They change often, and concern no network more than another: all are looked at in their turn.
            return
        if flow and flow.reason.network:
            self._due[flow.reason.network] = None
        else:
            self._switches.add(change.switch)

    def again(self, network: Owner) -> None:
        """A network's examination was not ended."""
        self._due[network] = None

    def next(self, situation: Situation, compiler: Compiler) -> str | None:
        """Which network to examine; None when there is none."""
        if self._switches and not self._due:
            networks = compiler.networks_on(self._switches.pop())
            self._due.update(dict.fromkeys(map(network_of, networks)))
        while self._due:
            network = next(iter(self._due))
            del self._due[network]
            if network in situation.intent.networks:
                return network
        if not self._round:
            self._round = sorted(situation.intent.networks.keys() & compiler.networks())
        return self._round.pop() if self._round else None

    def check(self, situation: Situation, compiler: Compiler, network: Owner) -> list[Breach | Whole]:
        """Frames of a network that get where they should not, on any switch; and switches to be examined as a whole."""
        return [found for part in self.check_each(situation, compiler, network) for found in part]

    def check_each(
        self, situation: Situation, compiler: Compiler, network: Owner
    ) -> Iterator[tuple[Breach | Whole, ...]]:
        """The same, switch by switch; what was compiled must not change meanwhile."""
        ground = self._claimed(situation, network)
        names = (network, beside(network))
        for switch in sorted(set().union(*(compiler.switches_of(name) for name in names))):
            view = situation.fabric.switches.get(switch)
            if view is None:
                continue
            border = border_in(situation, ground, view)
            shares = [compiler.remembered(switch, name)[1] for name in names]
            rules = [Rule(flow, flow.cookie) for share in shares for flow in share.contents]
            unit = examine_unit(border, self._base(border, compiler), network, rules, Numbering(self._numbers, NETWORK))
            yield unit.breaches if unit.is_separate else (Whole(border, holding_of(compiler.program(switch))),)

    def _claimed(self, situation: Situation, network: Owner) -> Ground:
        """What belongs to whom, as far as it concerns a network; others claim theirs when it is their turn."""
        ours = frozenset(switch.endpoint for switch in situation.intent.fabric.switches.values() if switch.endpoint)
        if self._ground is None or self._ground.ours != ours:
            self._ground, self._numbers = ground_in(situation), {}
            for owner, keys in self._ground.keys.items():
                self._numbers.update(dict.fromkeys(map(network_number, keys), owner))
        ground = self._ground
        for key in ground.keys.get(network, ()):
            self._numbers.pop(network_number(key), None)
        known = (keys.get(network) for keys in (situation.keys, situation.second_keys))
        ports = situation.index.ports_by_network.get(network, ())
        ground.claim(network, [key for key in known if key], [port.endpoint for port, _ in ports if port.endpoint])
        self._numbers.update(dict.fromkeys(map(network_number, ground.keys.get(network, ())), network))
        return ground

    def _base(self, border: Border, compiler: Compiler) -> Base:
        """What a switch has regardless of networks, examined again when that or the use of its interfaces changed."""
        own, flooding = (compiler.remembered(border.switch, name)[1] for name in (SWITCH, TREES))
        known = self._bases.get(border.switch)
        if known and known[0] is own and known[1] is flooding and known[2].fits(border):
            return known[2]
        rules = tuple(Rule(flow, flow.cookie) for flow in (*own.contents, *flooding.contents))
        base = Base(border, Holding(rules, {group.id: group for group in (*own.groups, *flooding.groups)}))
        self._bases[border.switch] = own, flooding, base
        return base
