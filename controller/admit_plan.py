"""From hosts that are admitted to an edit of the intent: each becomes a switch, as if the files named it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from controller.change_plan import Plan
from controller.intent.admitted import dpid_of
from controller.intent.api_part import HOSTS, ApiPart, Content, with_marks
from controller.intent.build import build_fabric
from controller.intent.document import FabricDocument, SwitchDocument
from controller.intent.edit import difference
from controller.intent.model import Intent


def plan_admission(
    intent: Intent, fabric: FabricDocument, part: ApiPart, hosts: Collection[str]
) -> tuple[Plan, FabricDocument]:
    """What it comes to that these hosts are switches from now on, and the document of the fabric with them.

    Those that are switches already stay what they are.
    """
    taken = {switch.dpid for switch in fabric.switches.values()}
    resources: dict[str, Content | None] = {}
    switches = dict(fabric.switches)
    for name in sorted(set(hosts) - fabric.switches.keys()):
        dpid = dpid_of(name, taken)
        taken.add(dpid)
        content: Content = {"dpid": f"{dpid:016x}", "host": {}}
        resources[f"{HOSTS}{name}"] = content
        switches[name] = SwitchDocument.model_validate(content)
    document = fabric.model_copy(update={"switches": switches})
    after = replace(intent, fabric=with_marks(build_fabric(document), part.draining()))
    return Plan(difference(intent, after), resources, ()), document
