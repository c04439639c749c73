"""A document that has what is to change, and of all else only what that can disagree with.

That is what is on the same networks, the ports that have the same interfaces or interface ids, the networks that have
the same keys, and the fabric. The checks of files find in it what they would find in the whole, but for warnings that
VLANs may run out; `tests/property/test_change_plan.py` compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.intent.document import Document, FabricDocument, NetworkDocument, PortDocument, TenantDocument
from controller.intent.lab_document import LabDocument
from controller.intent.model import Intent, Port
from controller.intent.written import network_form, port_form
from controller.situation import IntentIndex


@dataclass(frozen=True, slots=True)
class Parts:
    """Networks and ports by id; None stands for one that is to go."""

    networks: dict[str, NetworkDocument | None] = field(default_factory=dict)
    ports: dict[str, PortDocument | None] = field(default_factory=dict)


def reduced(intent: Intent, index: IntentIndex, fabric: FabricDocument, wanted: Parts, more: Iterable[str]) -> Document:
    """What is wanted, and before it what it can disagree with, and these networks as well."""
    beside: dict[str, Port] = {}
    for name in _networks_of(wanted):
        beside.update((port.id, port) for port, _ in index.ports_by_network.get(name, ()))
    for form in wanted.ports.values():
        if form and (there := index.ports_by_switch.get(form.switch or "", {}).get(form.interface or "")):
            beside[there.id] = there
        if form and (same := index.ports_by_iface_id.get(form.iface_id or "")):
            beside[same] = intent.ports[same]
    kept = [port for name, port in sorted(beside.items()) if name not in wanted.ports]
    names = {*_networks_of(wanted), *more, *_same_keys(intent, wanted)}
    names.update(network for port in kept for network in port.networks)
    own = {name.partition("/")[0] for name in (*wanted.networks, *wanted.ports)}

    def last(name: str) -> tuple[bool, str]:
        """Those of the tenant that is written come last, so that what is wrong is found there."""
        return name.partition("/")[0] in own, name

    others = sorted(names & intent.networks.keys() - wanted.networks.keys(), key=last)
    networks = {name: network_form(intent.networks[name]) for name in others} | wanted.networks
    ports = {port.id: port_form(port) for port in sorted(kept, key=lambda port: last(port.id))} | wanted.ports
    return Document.model_construct(fabric=fabric, tenants=_tenants(networks, ports), lab=LabDocument())


def _tenants(
    networks: Mapping[str, NetworkDocument | None], ports: Mapping[str, PortDocument | None]
) -> dict[str, TenantDocument]:
    tenants: dict[str, TenantDocument] = {}
    for kind, forms in (("networks", networks), ("ports", ports)):
        for path, form in forms.items():
            tenant, _, name = path.partition("/")
            if form:
                known = tenants.setdefault(tenant, TenantDocument.model_construct(networks={}, ports={}))
                getattr(known, kind)[name] = form
    return tenants


def _networks_of(wanted: Parts) -> set[str]:
    """Networks that are wanted, or that wanted ports are on. One that is left can disagree less than before."""
    names = set(wanted.networks)
    for path, form in wanted.ports.items():
        if form:
            tenant = path.partition("/")[0]
            names.update(f"{tenant}/{network}" for network in (form.network, *(form.trunk or {}).values()) if network)
    return names


def _same_keys(intent: Intent, wanted: Parts) -> Iterable[str]:
    keys = {(form.segment, form.key) for form in wanted.networks.values() if form and form.key is not None}
    if not keys:
        return ()
    return (name for name, one in intent.networks.items() if one.key is not None and (one.segment, one.key) in keys)
