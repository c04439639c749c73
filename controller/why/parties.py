"""Who is asked about: a port by its name, or by an address of its guest.

Tenants may have the same addresses, so an address can be of many ports. Then those count that are on a network with the
other side; if that leaves several, whoever asks has to say which.

Looking through all ports takes its time, so what looks is a generator that yields now and then, for others to have
their turn. It reads the intent, which never changes, and of learned addresses only a look at a time.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias

from controller.dataplane.fields import mac_number, mac_text
from controller.intent.model import Intent, IpAddress, Port

PIECE = 500
"""Ports that are looked at in a slice."""
MOST_NAMED = 5

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class Unclear(ValueError):
    """It is not clear what is asked; the message says why."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who sends or receives."""

    port: Port | None
    """None for a MAC that nobody is known to have."""
    mac: int | None = None
    ip: IpAddress | None = None
    """The address by which it was asked for."""

    @property
    def name(self) -> str:
        """For people."""
        return self.port.id if self.port else mac_text(self.mac or 0)

    @property
    def networks(self) -> tuple[str, ...]:
        """Those that it is on."""
        return self.port.networks if self.port else ()


Learned: TypeAlias = Mapping[str, Mapping[int, str]]
"""Network -> MAC -> port."""
Looking: TypeAlias = Generator[None, None, list[Party]]


def looked_up(intent: Intent, learned: Learned, text: str, parameter: str, tenant: str | None) -> Looking:
    """All who may be meant. Raises Unclear when nobody can be."""
    if "/" in text:
        port = intent.ports.get(text)
        if port is None:
            raise Unclear(parameter, f"there is no port {text}")
        return [Party(port)]
    if _MAC.fullmatch(text.lower()):
        return (yield from _by_mac(intent, learned, mac_number(text), tenant))
    try:
        address = ip_address(text)
    except ValueError:
        raise Unclear(parameter, f"{text!r} is neither a port (TENANT/NAME) nor a MAC or IP address") from None
    found = []
    for number, port in enumerate(_ports(intent, tenant)):
        if address in port.ip:
            found.append(Party(port, ip=address))
        if number % PIECE == 0:
            yield
    if not found:
        raise Unclear(parameter, f"no port has {address}; those count that the configuration gives by `ip:`")
    return found


def pair_of(senders: list[Party], receivers: list[Party]) -> tuple[Party, Party]:
    """The two that are meant. Raises Unclear when it may be several, or nobody could be followed."""
    if len(senders) > 1 or len(receivers) > 1:
        theirs, ours = _networks(receivers), _networks(senders)
        senders = [one for one in senders if theirs & set(one.networks)] or senders
        receivers = [one for one in receivers if ours & set(one.networks)] or receivers
    sender, receiver = _only(senders, "from"), _only(receivers, "to")
    if sender.port is None:
        raise Unclear("from", f"no port is known to have {sender.name}; name the port that sends")
    if receiver.port is sender.port:
        raise Unclear("to", f"{receiver.name} is where it is from")
    if sender.port.endpoint and receiver.port and receiver.port.endpoint:
        raise Unclear("to", f"{sender.name} and {receiver.name} are both outside: no switch of ours is between them")
    if sender.port.endpoint and receiver.port is None:
        raise Unclear("from", f"{sender.name} is outside, and it is not known to which switch it would send")
    return sender, receiver


def _by_mac(intent: Intent, learned: Learned, mac: int, tenant: str | None) -> Looking:
    text = mac_text(mac)
    found: dict[str, Party] = {}
    for number, port in enumerate(_ports(intent, tenant)):
        if port.mac == text:
            found[port.id] = Party(port, mac)
        if number % PIECE == 0:
            yield
    for number, network in enumerate(list(learned)):
        holder = intent.ports.get(learned.get(network, {}).get(mac, ""))
        if holder and tenant in (None, holder.tenant):
            found[holder.id] = Party(holder, mac)
        if number % PIECE == 0:
            yield
    return list(found.values()) or [Party(None, mac)]


def _ports(intent: Intent, tenant: str | None) -> Iterator[Port]:
    return (port for port in intent.ports.values() if tenant in (None, port.tenant))


def _networks(parties: list[Party]) -> set[str]:
    return {network for one in parties for network in one.networks}


def _only(found: list[Party], parameter: str) -> Party:
    if len(found) > 1:
        names = sorted(one.name for one in found)
        told = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
        raise Unclear(parameter, f"{told} have that address; say which port, or of which tenant")
    return found[0]
