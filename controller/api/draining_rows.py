"""Rows about what drains: who says so, whether frames still use it, and so whether it can be unplugged.

Frames use a link if a switch at its ends sends them into it: as the next hop towards a goal, or as a branch of a tree.
They use a switch if its neighbours have it as the next hop towards another, or if it hands on what is flooded. That is
looked up in what switches were told, which is all that counts once they have confirmed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from controller.api.fabric_rows import Sessions, sync_of
from controller.api.filters import Part
from controller.api.rows import Draining
from controller.api.sources import Writer
from controller.core import Core
from controller.fabric.model import End, Link
from controller.fabric_plan import next_hops, tree_branches
from controller.intent.api_part import link_ends, link_path


def draining(core: Core, sessions: Sessions, writer: Writer, part: Part) -> Iterator[tuple[str, Draining]]:
    """All that is marked, by path."""
    said = writer.fabric()
    by_files = [f"draining/switches/{name}" for name, one in said.switches.items() if one.draining]
    by_files += [link_path(*one.ends) for one in said.links if one.draining]
    for path in sorted({*by_files, *writer.marks()}):
        if path > (part.after or ""):
            found = one(core, sessions, writer, path)
            if found:
                yield path, found


def one(core: Core, sessions: Sessions, writer: Writer, path: str) -> Draining | None:
    """One mark; None when there is none."""
    said, by_api = writer.fabric(), writer.version(path) is not None
    if path.startswith("draining/switches/"):
        name = path.rpartition("/")[2]
        by_files = name in said.switches and said.switches[name].draining
        uses = list(_uses_of_switch(core, name))
    else:
        ends = link_ends(path)
        link = Link.between(End(*ends[0]), End(*ends[1]))
        name, by_files = str(link), any(one.ends == ends and one.draining for one in said.links)
        uses = list(_uses_of_link(core, link))
    if not (by_api or by_files):
        return None
    state: Literal["moving", "needed", "clear"] = "needed" if uses else "clear"
    if core.is_dirty or core.settling.is_pending or not _are_settled(core, sessions):
        state = "moving"
    kind: Literal["switch", "link"] = "switch" if path.startswith("draining/switches/") else "link"
    return Draining(kind=kind, name=name, by_api=by_api, by_files=by_files, state=state, uses=uses)


def _are_settled(core: Core, sessions: Sessions) -> bool:
    """Whether all switches that have a session do what they were told."""
    return all(sync_of(core, sessions, name) in (None, "in sync") for name in core.situation.intent.fabric.switches)


def _uses_of_link(core: Core, link: Link) -> Iterator[str]:
    if link not in core.fabric.links:
        return
    for end in (link.a, link.b):
        number = core.fabric.switches[end.switch].number(end.interface)
        goals = {hop.switch for hop in next_hops(core.situation, end.switch) if hop.ways[:1] == (number,)}
        if goals:
            yield f"{end.switch} sends by it to {', '.join(sorted(goals))}"
        if any(number in ways for trees in tree_branches(core.situation, end.switch) for ways in trees):
            yield f"{end.switch} floods by it"


def _uses_of_switch(core: Core, name: str) -> Iterator[str]:
    if ports := core.situation.index.ports_by_switch.get(name):
        yield f"{len(ports)} ports of tenants are on it" if len(ports) > 1 else "a port of a tenant is on it"
    if name not in core.fabric.switches:
        return
    for link in sorted(core.fabric.links):
        for here, there in ((link.a, link.b), (link.b, link.a)):
            if there.switch == name:
                number = core.fabric.switches[here.switch].number(here.interface)
                hops = (hop for hop in next_hops(core.situation, here.switch) if hop.ways[:1] == (number,))
                if goals := {hop.switch for hop in hops} - {name}:
                    yield f"{here.switch} sends by it to {', '.join(sorted(goals))}"
    if any(len(ways) > 1 for trees in tree_branches(core.situation, name) for ways in trees):
        yield "it hands on what others flood"
