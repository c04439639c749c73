"""From models back to the form in which they are written: the counterpart of `controller.intent.build`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from controller.intent.document import NetworkDocument, PortDocument
from controller.intent.model import Network, Port


def network_form(network: Network) -> NetworkDocument:
    """What to write to have this network."""
    return NetworkDocument.model_construct(
        segment=network.segment,
        key=network.key,
        mtu=network.mtu,
        lldp="pass" if network.passes_lldp else "drop",
        description=network.description,
    )


def port_form(port: Port) -> PortDocument:
    """What to write to have this port, wherever its interface is."""
    port = port.asked
    return PortDocument.model_construct(
        network=_name(port.network) if port.network else None,
        trunk={vid: _name(network) for vid, network in port.trunk} or None,
        switch=port.switch,
        interface=port.interface,
        iface_id=port.iface_id,
        hosts=port.hosts or None,
        endpoint=port.endpoint,
        mac=port.mac,
        ip=port.ip,
        description=port.description,
    )


def plain(form: BaseModel) -> dict[str, Any]:
    """A form as JSON can say it, without what is so by default."""
    return form.model_dump(mode="json", exclude_defaults=True)


def _name(network: str) -> str:
    return network.partition("/")[2]
