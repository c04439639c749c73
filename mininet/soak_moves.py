"""Operations on guests, their cables, and links between switches."""

from __future__ import annotations

import time
from random import Random

from soak_fabric import HYPERVISORS, LINKS, UPLINKS
from soak_operations import Operation, Step
from soak_site import Site

MOST_LINKS_DOWN, MOST_GUESTS_DOWN = 3, 4


def move_guest(site: Site, random: Random) -> Step | None:
    """A guest to another slot, and its port with it: first the cable or first the file."""
    found = []
    for guest in site.world.guests.values():
        port = site.wish.ports.get(guest.name)
        if guest.slot and guest.slot.node in site.world.live:
            switches = [name for name in site.world.live if name in HYPERVISORS or not (port and port.needs_endpoints)]
            found += [(guest, port, slot) for slot in site.world.free_slots(site.wish, guest, switches)]
    found = [(guest, port, slot) for guest, port, slot in found if slot != guest.slot]
    if not found:
        return None
    guest, port, slot = random.choice(found)
    cable_first = random.random() < 0.5

    def act() -> None:
        site.unplug(guest)
        if cable_first:
            site.plug(guest, slot)
        if port:
            port.slot = slot
            site.publish()
        if not cable_first:
            site.plug(guest, slot)

    return Step(f"move {guest.name} to {slot}, the {'cable' if cable_first else 'file'} first", act)


def unplug_guest(site: Site, random: Random) -> Step | None:
    """A guest's cable, taken away."""
    guests = [one for one in site.world.guests.values() if one.slot and one.slot.node in site.world.live]
    if len(site.world.guests) - len(guests) >= MOST_GUESTS_DOWN:
        return None
    guest = random.choice(guests)
    return Step(f"unplug {guest.name} from {guest.slot}", lambda: site.unplug(guest))


def plug_guest(site: Site, random: Random) -> Step | None:
    """An unplugged guest, where its port says, or anywhere when it has none."""
    found = []
    for guest in site.world.guests.values():
        if guest.slot is None:
            port = site.wish.ports.get(guest.name)
            free = site.world.free_slots(site.wish, guest, site.world.live)
            found += [(guest, slot) for slot in free if port is None or slot == port.slot]
    if not found:
        return None
    guest, slot = random.choice(found)
    return Step(f"plug {guest.name} into {slot}", lambda: site.plug(guest, slot))


def guest_down(site: Site, random: Random) -> Step | None:
    """One end of a guest's cable down."""
    ends = [end for one in site.world.guests.values() if one.slot for end in (one.slot, one.device)]
    if len(site.world.down & set(ends)) >= MOST_GUESTS_DOWN:
        return None
    end = random.choice([end for end in ends if end not in site.world.down])
    return Step(f"set {end} down", lambda: site.set_interface(end, "down"))


def guest_up(site: Site, random: Random) -> Step | None:
    """An end of a guest's cable up again."""
    ends = [end for one in site.world.guests.values() if one.slot for end in (one.slot, one.device)]
    ends = [end for end in ends if end in site.world.down]
    if not ends:
        return None
    end = random.choice(ends)
    return Step(f"set {end} up", lambda: site.set_interface(end, "up"))


def cut_link(site: Site, random: Random) -> Step | None:
    """A link between switches, at one end or both."""
    whole = [link for link in LINKS if not {link.a, link.b} & site.world.down]
    if len(LINKS) - len(whole) >= MOST_LINKS_DOWN:
        return None
    link = random.choice(whole)
    ends = random.choice(((link.a,), (link.b,), (link.a, link.b)))

    def act() -> None:
        for end in ends:
            site.set_interface(end, "down")

    return Step(f"cut the link {link.a} - {link.b} at {' and '.join(map(str, ends))}", act)


def mend_link(site: Site, random: Random) -> Step | None:
    """A link that was cut, whole again."""
    cut = [link for link in LINKS if {link.a, link.b} & site.world.down]
    if not cut:
        return None
    link = random.choice(cut)

    def act() -> None:
        for end in (link.a, link.b):
            if end in site.world.down:
                site.set_interface(end, "up")

    return Step(f"mend the link {link.a} - {link.b}", act)


def flap_link(site: Site, random: Random) -> Step | None:
    """A link that goes and comes at once."""
    links = [link for link in LINKS if not {link.a, link.b} & site.world.down]
    if not links:
        return None
    link = random.choice(links)
    end, pause = random.choice((link.a, link.b)), random.random() * 0.3

    def act() -> None:
        site.set_interface(end, "down")
        time.sleep(pause)
        site.set_interface(end, "up")

    return Step(f"cut the link {link.a} - {link.b} at {end} for {1000 * pause:.0f} ms", act)


def cut_uplink(site: Site, random: Random) -> Step | None:
    """A hypervisor's uplink, at either end."""
    whole = [link for link in UPLINKS if not {link.a, link.b} & site.world.down]
    if not whole:
        return None
    link = random.choice(whole)
    end = random.choice((link.a, link.b))
    return Step(f"cut the uplink {link.a} at {end}", lambda: site.set_interface(end, "down"))


def mend_uplink(site: Site, random: Random) -> Step | None:
    """An uplink that was cut, whole again."""
    ends = [end for link in UPLINKS for end in (link.a, link.b) if end in site.world.down]
    if not ends:
        return None
    end = random.choice(ends)
    return Step(f"mend the uplink at {end}", lambda: site.set_interface(end, "up"))


MOVES = (
    Operation("move guest", 9, move_guest),
    Operation("unplug guest", 3, unplug_guest),
    Operation("plug guest", 6, plug_guest),
    Operation("port down", 4, guest_down),
    Operation("port up", 5, guest_up),
    Operation("cut link", 6, cut_link),
    Operation("mend link", 6, mend_link),
    Operation("flap link", 3, flap_link),
    Operation("cut uplink", 2, cut_uplink),
    Operation("mend uplink", 6, mend_uplink),
)
