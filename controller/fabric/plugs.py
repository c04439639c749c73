"""Where interfaces are plugged in that ports name by their id, and who has an id that several claim.

Hosts report which interfaces carry which id (`external_ids:iface-id`, as libvirt, Neutron and OVN write it). Each such
interface is a *claim*. One of the claims on an id *holds* it, by these rules:

1. The holder keeps the id while its interface is up and its host is there. So the old place stays while a guest is
   still migrating, and nobody takes the port of a guest that runs by claiming its id.
2. When it is not, the newest claim that is up takes the id.
3. When none is up, the holder keeps the id while its interface is there; when it is gone, the newest claim takes it.

An id may have *hosts*: then claims of others count for nothing, and these trust each other with its guest. So while the
holder is up, the newest claim that is up and newer than the holder's, on another one of them, *stands by*:

4. The claim that stands by takes the id when the guest was heard at its interface (`take`).

The place where the guest was is older, and so stands by no more: what was still on its way there takes nothing back.

A host that cannot be asked any more counts as down. What a predecessor of the daemon remembered counts until the host
says otherwise. No clock and no input here: a claim is newer when it was reported later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from controller.intent.model import IpAddress


@dataclass(frozen=True, slots=True)
class Plugged:
    """What a host says of an interface that has an id."""

    iface_id: str
    mac: str | None = None
    """The guest's, in lower case `aa:bb:cc:dd:ee:ff`, if it is a unicast address."""
    up: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What a host says of itself."""

    plugged: Mapping[str, Plugged] = field(default_factory=dict)
    """All its interfaces that have ids, by name."""
    plain: frozenset[str] = frozenset()
    """Names of those that have none."""
    endpoint: IpAddress | None = None
    """The address from which it would send overlay packets."""
    no_endpoint: str = ""
    """What it says instead, shortened, if that is not the address of one host."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An interface that is plugged in under an id."""

    iface_id: str
    switch: str
    interface: str
    mac: str | None = None
    up: bool = True
    holds: bool = False
    """Whether it is the one that counts."""

    @property
    def place(self) -> tuple[str, str]:
        """Switch and interface."""
        return self.switch, self.interface


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with an id."""

    holder: Claim | None = None
    standby: Claim | None = None
    refused: tuple[str, ...] = ()
    """Switches of hosts that claim it, and may not have it."""


class Plugs:
    """All claims."""

    def __init__(self) -> None:
        self._claims: dict[str, list[Claim]] = {}
        """By id, the oldest first."""
        self._standings: dict[str, Standing] = {}
        self._hosts: dict[str, tuple[str, ...]] = {}
        """By id: the switches of its hosts, if not all may have it."""
        self._reported: dict[str, dict[str, str]] = {}
        """By switch: the id of each interface that has one."""
        self.heard: set[str] = set()
        """Switches whose hosts have reported; what is known of others is what a predecessor knew."""
        self._plain: dict[str, frozenset[str]] = {}
        """By switch: interfaces of which its host says that they have no id."""

    def standing(self, iface_id: str) -> Standing:
        """Which claims there are on an id, and what they are worth."""
        return self._standings.get(iface_id, Standing())

    def holder(self, iface_id: str) -> Claim | None:
        """The claim that holds an id, if there is any."""
        return self.standing(iface_id).holder

    def keep_to(self, hosts: Mapping[str, tuple[str, ...]]) -> set[str]:
        """These ids have hosts, given by their switches, and no others. The ids that are held otherwise than before."""
        changed = {one for one in self._hosts.keys() | hosts.keys() if self._hosts.get(one) != hosts.get(one)}
        self._hosts = dict(hosts)
        return self._settle(changed & self._claims.keys())

    def take(self, iface_id: str, place: tuple[str, str]) -> set[str]:
        """The guest was heard at this place. The ids that are held otherwise than before: this one, if it stood by."""
        standby = self.standing(iface_id).standby
        if standby is None or standby.place != place:
            return set()
        claims = self._claims[iface_id]
        claims[:] = [replace(claim, holds=claim.place == place) for claim in claims]
        return self._settle([iface_id])

    def report(self, switch: str, found: Mapping[str, Plugged]) -> set[str]:
        """These are all interfaces of a switch that have ids, by name. The ids that are held otherwise than before."""
        self.heard.add(switch)
        known = self._reported.get(switch, {})
        touched = set()
        for interface, iface_id in known.items():
            if interface not in found or found[interface].iface_id != iface_id:
                self._remove(iface_id, (switch, interface))
                touched.add(iface_id)
        for interface in sorted(found):
            one = found[interface]
            self._put(Claim(one.iface_id, switch, interface, one.mac, one.up))
            touched.add(one.iface_id)
        self._reported[switch] = {interface: one.iface_id for interface, one in found.items()}
        if not found:
            del self._reported[switch]
        return self._settle(touched)

    def note_plain(self, switch: str, interfaces: frozenset[str]) -> bool:
        """These are all interfaces of a switch that have no ids. Whether they are others than before."""
        is_news = self._plain.get(switch) != interfaces
        self._plain[switch] = interfaces
        return is_news

    def may_be_link(self, switch: str, interface: str) -> bool:
        """Whether nothing speaks against an interface being a wire to another switch: it is no guest's.

        Of a host that has reported, only what it said to have no id: one that has just come may be a guest's.
        """
        if switch in self._plain:
            return interface in self._plain[switch]
        return interface not in self._reported.get(switch, {})

    def lost(self, switch: str) -> set[str]:
        """A host cannot be asked any more. The ids that are held otherwise than before."""
        ids = set(self._reported.get(switch, {}).values())
        for iface_id in ids:
            claims = self._claims[iface_id]
            claims[:] = [replace(claim, up=False) if claim.switch == switch else claim for claim in claims]
        return self._settle(ids)

    def keep_only(self, switches: Collection[str]) -> set[str]:
        """Other switches are no hosts any more. The ids that are held otherwise than before."""
        changed = set()
        for switch in (self._reported.keys() | self.heard) - set(switches):
            changed |= self.report(switch, {})
            self.heard.discard(switch)
            self._plain.pop(switch, None)
        return changed

    def unconfirmed(self, confirmed: Collection[str]) -> set[str]:
        """Switches of which claims are known, and which are not among those."""
        return self._reported.keys() - set(confirmed)

    def ids_on(self, switch: str) -> frozenset[str]:
        """The ids that a switch was last known to have interfaces of."""
        return frozenset(self._reported.get(switch, {}).values())

    def memory(self, iface_ids: Iterable[str]) -> tuple[Claim, ...]:
        """The claims on these ids, for a daemon to come."""
        return tuple(claim for iface_id in iface_ids for claim in self._claims.get(iface_id, ()))

    def restore(self, claims: Iterable[Claim]) -> None:
        """Begin with what a predecessor remembered."""
        for claim in claims:
            self._claims.setdefault(claim.iface_id, []).append(claim)
            self._reported.setdefault(claim.switch, {})[claim.interface] = claim.iface_id
        # Which ids have hosts is said later; until then nobody takes an id from the one who held it.
        for iface_id, known in self._claims.items():
            held = next((number for number, claim in enumerate(known) if claim.holds), None)
            self._standings[iface_id] = self._standing(known, held)
        self._settle([one for one, standing in self._standings.items() if standing.holder is None])

    def _put(self, fresh: Claim) -> None:
        claims = self._claims.setdefault(fresh.iface_id, [])
        for number, claim in enumerate(claims):
            if claim.place == fresh.place:
                claims[number] = replace(fresh, holds=claim.holds)
                return
        claims.append(fresh)

    def _remove(self, iface_id: str, place: tuple[str, str]) -> None:
        claims = self._claims[iface_id]
        claims[:] = [claim for claim in claims if claim.place != place]

    def _settle(self, iface_ids: Iterable[str]) -> set[str]:
        """Say who holds these ids; which of them are held otherwise than before."""
        changed = set()
        for iface_id in list(iface_ids):
            before, claims = self._standings.pop(iface_id, Standing()), self._claims[iface_id]
            able = [number for number, claim in enumerate(claims) if self._may_have(claim)]
            chosen = max(able, key=lambda number: _right(claims[number], number), default=None)
            claims[:] = [replace(claim, holds=number == chosen) for number, claim in enumerate(claims)]
            if claims:
                self._standings[iface_id] = self._standing(claims, chosen)
            else:
                del self._claims[iface_id]
            if _said(before) != _said(self.standing(iface_id)):
                changed.add(iface_id)
        return changed

    def _standing(self, claims: list[Claim], chosen: int | None) -> Standing:
        refused = tuple(sorted({claim.switch for claim in claims if not self._may_have(claim)}))
        if chosen is None:
            return Standing(refused=refused)
        holder = claims[chosen]
        newer = claims[chosen + 1 :] if holder.up and holder.iface_id in self._hosts else ()
        able = [one for one in newer if one.up and one.switch != holder.switch and self._may_have(one)]
        return Standing(holder, able[-1] if able else None, refused)

    def _may_have(self, claim: Claim) -> bool:
        hosts = self._hosts.get(claim.iface_id)
        return hosts is None or claim.switch in hosts


def _right(claim: Claim, age: int) -> tuple[bool, bool, int]:
    """How good a claim is beside others on the same id."""
    return claim.up, claim.holds, age


def _said(standing: Standing) -> object:
    claims = (standing.holder, standing.standby)
    return [claim and (claim.place, claim.mac) for claim in claims], standing.refused
