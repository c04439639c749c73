"""From a mark on a switch or link to an edit of the intent. What files mark drains, too, whatever is marked here."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from controller.change_plan import Plan
from controller.intent.api_part import ApiPart, link_path, with_marks
from controller.intent.build import build_fabric
from controller.intent.document import FabricDocument, LinkDocument
from controller.intent.edit import IntentEdit
from controller.intent.model import Intent
from controller.intent.write import Conditions, Mistake, Refusal, Refused, Write


def canonical(kind: str, *names: str) -> str:
    """The path of the mark on `switches` NAME, or `links` END END in either order. Raises Refused for no end."""
    if kind == "switches":
        return f"draining/switches/{names[0]}"
    try:
        return link_path(*LinkDocument.model_validate({"between": list(names)}).ends)
    except ValidationError:
        raise Refused(Refusal.NOT_FOUND, f"{names[0]} and {names[1]} are no link; write switch:interface") from None


def plan_draining(intent: Intent, fabric: FabricDocument, part: ApiPart, write: Write) -> Plan:
    """What it comes to that something is marked from now on, or is not any more. Raises Refused.

    A mark has no content that could be lost, so it needs no conditions.
    """
    is_marked = part.number(write.path) is not None
    if write.content is None and not is_marked:
        raise Refused(Refusal.NOT_FOUND, "it is not marked as draining over the API")
    if write.content:
        raise Refused(Refusal.INVALID, "a mark has no content", [Mistake("", "write {}, or nothing")])
    ends = write.path.split("/")[2:]
    for name in (end.partition(":")[0] for end in ends):
        if write.content is not None and name not in fabric.switches:
            raise Refused(Refusal.NOT_FOUND, f"there is no switch {name}")
    if len(ends) == 2 and ends[0].partition(":")[0] == ends[1].partition(":")[0]:
        raise Refused(Refusal.NOT_FOUND, f"both ends of the link are on switch {ends[0].partition(':')[0]}")
    if write.conditions != Conditions():
        write.conditions.check(part.number(write.path))
    marks = {*part.draining(), write.path} - ({write.path} if write.content is None else set())
    after = replace(intent, fabric=with_marks(build_fabric(fabric), marks))
    resources = {} if is_marked and write.content is not None else {write.path: write.content}
    return Plan(IntentEdit(intent, after, False, frozenset(), frozenset()), resources, ())
