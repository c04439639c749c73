"""Checks of what the operator says about links: that each can be one, and is spoken of once.

That a link is not there is no error, as it may come.
"""

from __future__ import annotations

from controller.intent.check_ports import tunnel_names
from controller.intent.checks import Context, port_path, switch_path
from controller.intent.explain import Steps
from controller.intent.lab_model import WireEnd
from controller.intent.model import LinkEnd


def check_links(context: Context) -> None:
    """Report links that could never be, and those that are given twice."""
    owners: dict[LinkEnd, str] = {}
    for tenant, name, port in context.ports():
        if port.switch and port.interface:
            owners.setdefault((port.switch, port.interface), f"{tenant}/{name}")
    first: dict[tuple[LinkEnd, LinkEnd], Steps] = {}
    for number, link in enumerate(context.document.fabric.links):
        path = ("fabric", "links", number, "between")
        one, other = link.between
        for side, end in enumerate(link.between):
            _check_end(context, end, (*path, side), owners.get((end.node, end.interface)))
        if one.node == other.node:
            context.error(path, f"both ends of the link are on switch {one.node}", "name two switches")
        elif first.setdefault(link.ends, path) is not path:
            place = context.place(first[link.ends])
            context.error(path, f"the link {one} -- {other} is given twice, first at {place}", "keep one")


def _check_end(context: Context, end: WireEnd, at: Steps, owner: str | None) -> None:
    switches = context.document.fabric.switches
    switch = switches.get(end.node)
    if switch is None and switch_path(end.node) not in context.broken:
        instead = context.problems.choose(end.node, switches, "switch")
        context.error(at, f'unknown switch "{end.node}"', instead)
    if switch and end.interface in tunnel_names(switch):
        context.error(at, f"{end} is a tunnel interface", "use another interface")
    if owner:
        place = context.place(port_path(*owner.split("/"), "interface"))
        context.error(at, f"{end} is the interface of port {owner}, at {place}", "use another interface")
