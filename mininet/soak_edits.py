"""Operations on the configuration file, as an operator would edit it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from soak_fabric import HYPERVISORS, TENANTS
from soak_intent import SEGMENTS, Net, Port
from soak_operations import Operation, Step
from soak_site import Site

MOST_NETWORKS = 4
"""Of a tenant; there are many more keys."""
_TAGS = (11, 12, 13)


def _edit(text: str, change: Callable[[], None], site: Site) -> Step:
    def act() -> None:
        change()
        site.publish()

    return Step(text, act)


def add_network(site: Site, random: Random) -> Step | None:
    """A network without ports."""
    tenants = [tenant for tenant in TENANTS if len(site.wish.nets_of(tenant)) < MOST_NETWORKS]
    if not tenants:
        return None
    net = Net(random.choice(tenants), site.wish.fresh_name("n"), random.choice(SEGMENTS))
    return _edit(f"add network {net} as {net.segment}", lambda: site.wish.nets.append(net), site)


def remove_network(site: Site, random: Random) -> Step | None:
    """A network, and with it the ports that are in no other."""
    nets = [net for net in site.wish.nets if len(site.wish.nets_of(net.tenant)) > 1]
    if not nets:
        return None
    net = random.choice(nets)

    def change() -> None:
        for port in site.wish.ports_in(net):
            port.nets = {tag: other for tag, other in port.nets.items() if other is not net}
            if not port.nets:
                del site.wish.ports[port.guest]
        site.wish.nets.remove(net)

    return _edit(f"remove network {net}", change, site)


def rename_network(site: Site, random: Random) -> Step:
    """A network that is the same to its guests and another one to the daemon."""
    net, name = random.choice(site.wish.nets), site.wish.fresh_name("n")

    def change() -> None:
        net.name, net.held = name, None

    return _edit(f"rename network {net} to {name}", change, site)


def change_segment(site: Site, random: Random) -> Step | None:
    """Another kind of segment for a network with all of its guests."""
    step = propose_segment(site, random)
    return step and _edit(step.text, step.act, site)


def propose_segment(site: Site, random: Random) -> Step | None:
    """The same without telling the daemon."""
    net = random.choice(site.wish.nets)
    segments = [one for one in SEGMENTS if one != net.segment]
    if not site.wish.may_need_endpoints(net):
        segments = [one for one in segments if one == "vlan" or (one == "auto" and net.held in (None, "vlan"))]
    if not segments:
        return None
    segment = random.choice(segments)

    def change() -> None:
        net.segment = segment

    return Step(f"make network {net} {segment} instead of {net.segment}", change)


def add_port(site: Site, random: Random) -> Step | None:
    """A port for a guest that has none: where it is plugged in, or will be."""
    guests = [guest for guest in site.world.guests.values() if guest.name not in site.wish.ports]
    if not guests:
        return None
    guest = random.choice(guests)
    net = random.choice(site.wish.nets_of(guest.tenant))
    nets: dict[int | None, Net] = {random.choice(_TAGS) if guest.is_trunk else None: net}
    slots = [guest.slot] if guest.slot else site.world.free_slots(site.wish, guest, site.world.live)
    slots = [slot for slot in slots if slot.node in HYPERVISORS or not net.needs_endpoints]
    if not slots:
        return None
    name, given = site.wish.fresh_name("p"), random.random() < 0.5
    port = Port(name, guest.name, guest.tenant, random.choice(slots), nets, guest.mac, given)
    text = f"add port {port} of {guest.name} at {port.slot} in {net}"
    return _edit(text, lambda: site.wish.ports.update({guest.name: port}), site)


def remove_port(site: Site, random: Random) -> Step | None:
    """A port, of a guest that stays plugged in."""
    if len(site.wish.ports) < len(site.world.guests) / 2:
        return None
    port = random.choice(list(site.wish.ports.values()))

    def change() -> None:
        del site.wish.ports[port.guest]

    return _edit(f"remove port {port} of {port.guest}", change, site)


def rename_port(site: Site, random: Random) -> Step | None:
    """A port that is the same to its guest."""
    if not site.wish.ports:
        return None
    port, name = random.choice(list(site.wish.ports.values())), site.wish.fresh_name("p")

    def change() -> None:
        port.name = name

    return _edit(f"rename port {port} of {port.guest} to {name}", change, site)


def move_to_network(site: Site, random: Random) -> Step | None:
    """An access port into another network of its tenant."""
    found = [
        (port, net)
        for port in site.wish.ports.values()
        for net in site.wish.nets_of(port.tenant)
        if None in port.nets and port.nets[None] is not net and _suits(port, net)
    ]
    if not found:
        return None
    port, net = random.choice(found)
    text = f"move port {port} of {port.guest} from {port.nets[None]} to {net}"
    return _edit(text, lambda: port.nets.update({None: net}), site)


def change_trunk(site: Site, random: Random) -> Step | None:
    """A tag more, less, or for another network, on a trunk port."""
    trunks = [port for port in site.wish.ports.values() if None not in port.nets]
    if not trunks:
        return None
    port, tag = random.choice(trunks), random.choice(_TAGS)
    used = [net for other, net in port.nets.items() if other != tag]
    nets = [net for net in site.wish.nets_of(port.tenant) if net not in used and _suits(port, net)]
    choices: list[Net | None] = [*nets, *([None] if used and tag in port.nets else [])]
    choices = [one for one in choices if one is not port.nets.get(tag)]
    if not choices:
        return None
    net = random.choice(choices)

    def change() -> None:
        port.nets = {other: known for other, known in port.nets.items() if other != tag}
        if net:
            port.nets[tag] = net

    return _edit(f"use tag {tag} of port {port} of {port.guest} for {net or 'nothing'}", change, site)


def change_mac(site: Site, random: Random) -> Step | None:
    """Write a port's MAC down, or leave it to be learned."""
    if not site.wish.ports:
        return None
    port = random.choice(list(site.wish.ports.values()))

    def change() -> None:
        port.given = not port.given

    return _edit(f"{'learn' if port.given else 'give'} the MAC of port {port} of {port.guest}", change, site)


def invalid_edit(site: Site, random: Random) -> Step:
    """A file that has to be refused, and what it would have changed has to stay."""
    text = site.wish.text()
    spoilt = {
        "cut in the middle": text[: random.randrange(len(text) // 2, len(text) - 100)].rstrip() + "\n  - [",
        "with an unknown switch": text.replace("switch: s1", "switch: s9").replace("switch: hv1", "switch: hv9"),
        "with an unknown key": text.replace("tenants:", "tenant:"),
        "with a dpid of two switches": text.replace("'0000000000000002'", "'0000000000000001'"),
        "empty of text": "\0" * 100,
    }
    what = random.choice([name for name, spoilt_text in spoilt.items() if spoilt_text != text])
    return Step(f"write a file {what}", lambda: site.publish_invalid(spoilt[what]))


def _suits(port: Port, net: Net) -> bool:
    return port.slot.node in HYPERVISORS or not net.needs_endpoints


EDITS = (
    Operation("add network", 4, add_network),
    Operation("remove network", 2, remove_network),
    Operation("rename network", 3, rename_network),
    Operation("change segment", 8, change_segment),
    Operation("add port", 7, add_port),
    Operation("remove port", 3, remove_port),
    Operation("rename port", 2, rename_port),
    Operation("move to another network", 7, move_to_network),
    Operation("change trunk", 5, change_trunk),
    Operation("give or learn MAC", 6, change_mac),
    Operation("invalid edit", 3, invalid_edit, needs_daemon=True),
)
"""Every kind of edit; guests that move have their ports edited too, see `soak_moves`."""
