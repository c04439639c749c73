"""Operations on all that is not configuration: guests, interfaces, links, the daemon, switches, and flows by hand."""

from __future__ import annotations

import time
from random import Random

from controller.dataplane.encoder import COOKIE_MARK_VALUE
from frames import EXPERIMENTAL
from soak_edits import EDITS, propose_segment
from soak_fabric import HYPERVISORS, LINKS
from soak_operations import Operation, Step
from soak_site import Site, SoakError

MOST_LINKS_DOWN, MOST_GUESTS_DOWN = 3, 4
_TABLES = (0, 1, 2, 3, 4, 5)
_OURS = f"cookie={COOKIE_MARK_VALUE:#x}/0xff00000000000000"
_FOREIGN = "table=5,priority=7,dl_type=0x1234,actions=drop"
_HARMLESS = 0x88B6
"""An EtherType that nobody uses here (IEEE Std 802, local experimental EtherType 2)."""


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


def kill_daemon(site: Site, _random: Random) -> Step:
    """SIGKILL."""
    return Step("kill the daemon", site.kill_daemon)


def kill_daemon_at_work(site: Site, random: Random) -> Step | None:
    """SIGKILL while it takes up a change, at whatever point of it."""
    edit, pause = propose_segment(site, random), random.random() * 0.1
    if edit is None:
        return None

    def act() -> None:
        edit.act()
        site.publish(wait=False)
        time.sleep(pause)
        site.kill_daemon()

    return Step(f"{edit.text}, and kill the daemon {1000 * pause:.0f} ms later", act)


def stop_daemon(site: Site, _random: Random) -> Step:
    """SIGTERM."""
    return Step("end the daemon", site.stop_daemon)


def start_daemon(site: Site, random: Random) -> Step | None:
    """The daemon again, at times with its memory damaged."""
    if site.world.daemon_runs:
        return None
    damage = random.choice(("", "", "", "cut", "lost", "overwritten"))
    share = random.random()

    def act() -> None:
        memory = site.daemon.state / "memory.json"
        if damage and memory.exists():
            text = memory.read_bytes()
            kept = {"cut": text[: int(share * len(text))], "lost": b"", "overwritten": b"x" * len(text)}[damage]
            memory.write_bytes(kept)
        site.start_daemon()

    return Step("start the daemon" + (f", its memory {damage}" if damage else ""), act)


def kill_switch(site: Site, random: Random) -> Step | None:
    """A hypervisor's ovs-vswitchd, as by a crash."""
    if site.world.dead:
        return None
    name = random.choice(list(HYPERVISORS))
    return Step(f"kill the switch {name}", lambda: site.kill_switch(name))


def start_switch(site: Site, _random: Random) -> Step | None:
    """The switch that was killed, empty."""
    if not site.world.dead:
        return None
    name = min(site.world.dead)
    return Step(f"start the switch {name}", lambda: site.start_switch(name))


def delete_flows(site: Site, random: Random) -> Step:
    """Flows of ours, of one table or all."""
    name, table = random.choice(site.world.live), random.choice((*_TABLES, None))
    match = _OURS if table is None else f"{_OURS},table={table}"

    return _tamper(site, name, "del-flows", match)


def add_marked_flow(site: Site, random: Random) -> Step:
    """A flow with our mark that is not ours, and drops all frames of guests."""
    name, cookie = random.choice(site.world.live), COOKIE_MARK_VALUE | random.getrandbits(48)
    ethertype = random.choice((EXPERIMENTAL, _HARMLESS))
    flow = f"cookie={cookie:#x},table=0,priority=999,dl_type={ethertype:#x},actions=drop"
    return _tamper(site, name, "add-flow", flow)


def foreign_flow(site: Site, random: Random) -> Step:
    """A flow of somebody else: added, or found to be where it was added, and removed."""
    name, cookie = random.choice(site.world.live), random.randrange(1, 1 << 48)
    known = site.world.foreign.get(name)

    def add() -> None:
        site.ofctl(name, "add-flow", f"cookie={cookie:#x},{_FOREIGN}")
        site.world.foreign[name] = cookie

    def remove() -> None:
        found = site.ofctl(name, "dump-flows", f"cookie={known:#x}/-1").count("cookie=")
        if found != 1:
            raise SoakError(f"of one flow of somebody else (cookie {known:#x}) {name} holds {found}")
        site.ofctl(name, "del-flows", f"cookie={known:#x}/-1")
        del site.world.foreign[name]

    if known is None:
        return Step(f"add a flow of somebody else on {name}", add)
    return Step(f"find and remove the flow of somebody else on {name}", remove)


def delete_groups(site: Site, random: Random) -> Step:
    """All groups; Open vSwitch deletes the flows that use them, too."""
    return _tamper(site, random.choice(site.world.live), "del-groups")


def delete_meters(site: Site, random: Random) -> Step:
    """All meters, and with them the flows that use them."""
    return _tamper(site, random.choice(site.world.live), "del-meters")


def _tamper(site: Site, name: str, *command: str) -> Step:
    return Step(f"by hand on {name}: {' '.join(command)}", lambda: site.tamper(name, *command))


FAULTS = (
    Operation("move guest", 9, move_guest),
    Operation("unplug guest", 3, unplug_guest),
    Operation("plug guest", 6, plug_guest),
    Operation("port down", 4, guest_down),
    Operation("port up", 5, guest_up),
    Operation("cut link", 6, cut_link),
    Operation("mend link", 6, mend_link),
    Operation("kill daemon", 2, kill_daemon, needs_daemon=True),
    Operation("kill daemon at work", 2, kill_daemon_at_work, needs_daemon=True),
    Operation("end daemon", 1, stop_daemon, needs_daemon=True),
    Operation("start daemon", 5, start_daemon, heals=True),
    Operation("kill switch", 2, kill_switch),
    Operation("start switch", 5, start_switch, heals=True),
    Operation("delete flows", 3, delete_flows),
    Operation("add marked flow", 2, add_marked_flow),
    Operation("flow of somebody else", 3, foreign_flow),
    Operation("delete groups", 2, delete_groups),
    Operation("delete meters", 1, delete_meters),
)
OPERATIONS = (*EDITS, *FAULTS)
