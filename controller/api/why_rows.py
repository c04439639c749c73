"""An answer of `controller.why` in the form of the API."""

from __future__ import annotations

from typing import Any

from controller.api.why_form import Why
from controller.dataplane.fields import mac_text
from controller.why.answer import Answer, Hop, Way
from controller.why.trip import Side


def why_row(answer: Answer) -> Why:
    """The answer as it is sent."""
    way = answer.there
    return Why.model_validate(
        {
            "verdict": way.verdict.value,
            "text": answer.text,
            "causes": list(way.causes),
            "notes": list(answer.notes),
            "packet": answer.packet,
            "from": _side(answer.sender, answer.sender_macs),
            "to": _side(answer.receiver, answer.receiver_macs),
            "hops": [_hop(hop) for hop in way.hops],
            "steps": [
                {
                    "switch": one.switch,
                    "table": one.table,
                    "flow": one.flow,
                    "cookie": None if one.cookie is None else f"{one.cookie:#x}",
                    "reason": one.reason,
                }
                for one in way.steps
            ],
            "back": _verdict(answer.back) if answer.back else None,
        }
    )


def _verdict(way: Way) -> dict[str, Any]:
    return {"verdict": way.verdict.value, "text": way.text}


def _side(side: Side, macs: tuple[int, ...]) -> dict[str, Any]:
    port = side.port
    return {
        "port": port.id if port else None,
        "network": side.network,
        "vlan": side.tag,
        "switch": port.switch if port else None,
        "interface": port.interface if port else None,
        "endpoint": str(port.endpoint) if port and port.endpoint else None,
        "mac": mac_text(side.mac),
        "macs": [mac_text(mac) for mac in macs],
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "switch": hop.switch,
        "dpid": f"{hop.dpid:016x}",
        "in": hop.entered,
        "number": hop.entered_by,
        "out": hop.left,
        "sends": [{"interface": name, "number": number} for number, name in hop.sends],
        "frame": hop.frame.hex(),
        "tunnel": {"id": hop.tunnel[0], "source": str(hop.tunnel[1])} if hop.tunnel else None,
    }
