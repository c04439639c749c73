"""Operations on what runs: the daemon, the switches and their sessions, and flows that somebody changes by hand."""

from __future__ import annotations

import time
from random import Random

from controller.dataplane.encoder import COOKIE_MARK_VALUE
from frames import EXPERIMENTAL
from soak_edits import propose_segment
from soak_fabric import HYPERVISORS
from soak_operations import Operation, Step
from soak_site import Site, SoakError

_TABLES = (0, 1, 2, 3, 4, 5)
_OURS = f"cookie={COOKIE_MARK_VALUE:#x}/0xff00000000000000"
_FOREIGN = "table=5,priority=7,dl_type=0x1234,actions=drop"
_HARMLESS = 0x88B6
"""An EtherType that nobody uses here (IEEE Std 802, local experimental EtherType 2)."""


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


def part_switch(site: Site, random: Random) -> Step | None:
    """A switch that loses its session and finds no daemon."""
    names = [name for name in site.world.live if name not in site.world.away]
    if site.world.away:
        return None
    name = random.choice(names)
    return Step(f"hide the daemon from {name}", lambda: site.part(name))


def rejoin_switch(site: Site, _random: Random) -> Step | None:
    """The switch that was away finds the daemon again."""
    names = sorted(site.world.away - site.world.dead)
    return Step(f"show the daemon to {names[0]}", lambda: site.rejoin(names[0])) if names else None


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


CRASHES = (
    Operation("part switch", 2, part_switch),
    Operation("rejoin switch", 5, rejoin_switch, heals=True),
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
