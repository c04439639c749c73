"""Attachments: which ports are on which networks, and which of them have just come.

What `controller.fabric.outside_loops` decides by is who was attached first. A port is attached when it is in the
configuration and its interface is there and up; whatever was so when its switch was first seen came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.fabric.model import Interface, SwitchView
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


def switch_of(intent: Intent, at: Attachment) -> str:
    """The switch of an attachment; empty if there is none, or it is none."""
    return intent.ports[at.port].switch or "" if is_attached(intent, at) else ""


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
