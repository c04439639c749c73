"""Attachments: which ports are on which networks, and which of them have just come.

What `controller.fabric.outside_loops` decides by is who was attached first. A port is attached when it is in the
configuration and its interface is there and up; whatever was so when its switch was first seen came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.fabric.model import End, Interface, SwitchView
from controller.fabric.outside_loops import Attachment
from controller.intent.edit import IntentEdit
from controller.intent.model import Intent, Port
from controller.situation import Situation


def attachments_of(ports: Iterable[Port]) -> Iterator[Attachment]:
    """Each of the ports on each of its networks."""
    return (Attachment(network, port.id) for port in ports for network in port.networks)


def is_attached(intent: Intent, at: Attachment) -> bool:
    """Whether the port is on that network."""
    port = intent.ports.get(at.port)
    return port is not None and at.network in port.networks


def end_of(intent: Intent, at: Attachment) -> End | None:
    """The interface of an attachment; None if it is outside, or none any more."""
    port = intent.ports[at.port] if is_attached(intent, at) else None
    return End(port.switch, port.interface) if port and port.switch and port.interface else None


def attachment_at(situation: Situation, end: End, tag: int | None) -> Attachment | None:
    """Which port's frames are those with that VLAN ID at an interface, and on which of its networks."""
    port = situation.index.ports_by_switch.get(end.switch, {}).get(end.interface)
    if port is None:
        return None
    network = port.network if tag is None else dict(port.trunk).get(tag)
    return Attachment(network, port.id) if network else None


def outside_attachment(situation: Situation, network: str) -> Attachment | None:
    """A port of a network behind a tunnel endpoint that is not ours; they are alike, as none can be blocked."""
    ports = situation.index.ports_by_network.get(network, ())
    return next((Attachment(network, port.id) for port, _ in ports if port.endpoint), None)


def is_tunnel(situation: Situation, end: End) -> bool:
    """Whether an interface is a tunnel's."""
    return end.interface in situation.intent.fabric.switches[end.switch].tunnels.values()


def gone_with(edit: IntentEdit) -> list[Attachment]:
    """Attachments that an edit took away."""
    return [at for at in attachments_of(edit.old_ports()) if not is_attached(edit.after, at)]


def come_with(edit: IntentEdit, situation: Situation) -> list[Attachment]:
    """Attachments that an edit made, as the interface was there already."""
    came = []
    for port in edit.new_ports():
        before, view = edit.before.ports.get(port.id), situation.fabric.switches.get(port.switch or "")
        is_new = before is None or (before.switch, before.interface) != (port.switch, port.interface)
        if is_new and view and view.number(port.interface) is not None:
            came.append(port)
    return list(attachments_of(came))


def come_to(situation: Situation, before: SwitchView, interfaces: Iterable[Interface]) -> list[Attachment]:
    """Attachments on interfaces of a switch that were not there or down `before`, and are up now."""
    places = situation.index.ports_by_switch.get(before.name, {})
    fresh = (one.name for one in interfaces if one.up and not _was_up(before, one))
    return list(attachments_of(places[name] for name in fresh if name in places))


def _was_up(before: SwitchView, interface: Interface) -> bool:
    known = before.interfaces.get(interface.name)
    return known is not None and known.up and known.number == interface.number
