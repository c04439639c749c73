"""What is there, as the soak made it: who is plugged in where, what is up, what runs; and what was so lately.

Between two moments at which everything had settled a guest may be in any network that it was asked to be in meanwhile,
as switches follow one after the other. `lately` holds these networks for each place; a frame between places that have
none in common is astray at any time. A slot counts as used until everything has settled without its user, so that no
guest is plugged in where the switch rightly still serves another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from controller.intent.lab_model import WireEnd
from guest import DEVICE
from soak_fabric import LINKS, SLOTS, SWITCHES, UPLINKS
from soak_intent import Net, Place, Wish


@dataclass(eq=False, slots=True)
class SoakGuest:
    """A guest; its tenant and address never change."""

    name: str
    tenant: str
    mac: str
    is_trunk: bool
    slot: WireEnd | None
    """Where it is plugged in."""

    @property
    def device(self) -> WireEnd:
        """Its own end of the cable."""
        return WireEnd(self.name, DEVICE)


@dataclass(slots=True)
class World:
    """The state of all things outside of the configuration."""

    guests: dict[str, SoakGuest]
    down: set[WireEnd] = field(default_factory=set)
    """Interfaces that were set down."""
    dead: set[str] = field(default_factory=set)
    """Switches that do not run."""
    away: set[str] = field(default_factory=set)
    """Switches that have no session, as they look for the daemon elsewhere."""
    daemon_runs: bool = True
    is_valid: bool = True
    """Whether the file on disk is valid."""
    lately: dict[Place, frozenset[Net]] = field(default_factory=dict)
    users: dict[WireEnd, set[str]] = field(default_factory=lambda: defaultdict(set))
    touched: set[str] = field(default_factory=set)
    """Guests and switches that something was done to since everything had settled."""
    foreign: dict[str, int] = field(default_factory=dict)
    """Cookie of the flow that somebody else has on each switch."""

    @property
    def is_whole(self) -> bool:
        """Whether daemon and all switches run and can talk."""
        return self.daemon_runs and not self.dead and not self.away

    @property
    def live(self) -> list[str]:
        """Switches that run."""
        return [name for name in SWITCHES if name not in self.dead]

    def is_plugged(self, guest: SoakGuest) -> bool:
        """Whether the guest has a cable of which both ends are up, to a switch that runs."""
        slot = guest.slot
        return slot is not None and slot.node not in self.dead and not {slot, guest.device} & self.down

    def links_up(self) -> list[tuple[str, str]]:
        """Pairs of switches between which a link carries frames, while both run."""
        return [(link.a.node, link.b.node) for link in LINKS if not {link.a, link.b} & self.down]

    def has_tunnels(self, switch: str) -> bool:
        """Whether a hypervisor's uplink is up."""
        return not any({link.a, link.b} & self.down for link in UPLINKS if link.a.node == switch)

    def note(self, wish: Wish) -> None:
        """What is asked for changed, or is about to be in force in part."""
        for place, net in wish.places().items():
            self.lately = {**self.lately, place: self.lately.get(place, frozenset()) | {net}}
        self._note_users(wish)

    def settled(self, wish: Wish) -> None:
        """Everything is as asked for, and nothing else is left."""
        self.lately = {place: frozenset({net}) for place, net in wish.places().items()}
        self.users.clear()
        self.touched.clear()
        self._note_users(wish)

    def free_slots(self, wish: Wish, guest: SoakGuest, switches: list[str]) -> list[WireEnd]:
        """Where the guest could be plugged in without meeting what another left behind."""
        self._note_users(wish)
        return [slot for slot in SLOTS if slot.node in switches and not self.users[slot] - {guest.name}]

    def _note_users(self, wish: Wish) -> None:
        for port in wish.ports.values():
            self.users[port.slot].add(port.guest)
        for guest in self.guests.values():
            if guest.slot:
                self.users[guest.slot].add(guest.name)
