"""What a switch that connects holds of trees: read from its groups and flows, for `controller.fabric.transition`."""

from __future__ import annotations

from collections.abc import Iterable
from struct import error as StructError

from apps import trees
from controller.dataplane.encoder import cookie_of
from controller.fabric.model import End, Interface
from controller.fabric.transition import MARKS, Held
from controller.fabric.trees import TREES
from controller.southbound import events
from controller.southbound.readback import outputs_of


def held_trees(switch: str, interfaces: Iterable[Interface], held: events.Held) -> Held:
    """The interfaces along which it floods, and the mark that it gives."""
    names = {interface.number: interface.name for interface in interfaces}

    def ends(mark: int, tree: int) -> frozenset[End]:
        try:
            numbers = list(outputs_of(held.groups.get(trees.FIRST_GROUPS[mark] + tree, b"")))
        except StructError:
            return frozenset()
        return frozenset(End(switch, names[number]) for number in numbers if number in names)

    given = (mark for mark in range(MARKS) if cookie_of(trees.entry(mark)) in held.cookies)
    by_mark = tuple(tuple(ends(mark, tree) for tree in range(TREES)) for mark in range(MARKS))
    return Held(by_mark, next(given, None))
