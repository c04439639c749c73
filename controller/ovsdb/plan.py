"""What a host is to have, as far as Tenantry gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from controller.intent.model import HostSettings, IpAddress, Segment, SocketAddress
from controller.southbound.listen import Listen


@dataclass(frozen=True, slots=True)
class HostPlan:
    """One host's integration bridge, which is a switch of the configuration."""

    name: str
    bridge: str
    dpid: int
    endpoint: IpAddress | None = None
    tunnels: Mapping[Segment, str] = field(default_factory=dict)
    """Names of tunnel interfaces for the encapsulations in use."""
    keep: bool = False
    """Whether it stays as it is when it is taken out of the configuration."""
    settings: HostSettings = field(default_factory=HostSettings)
    connect: SocketAddress | None = None
    """Where its database listens; None if it connects itself."""
    controller: SocketAddress | None = None
    """Where its bridge reaches the daemon, if that is given."""


def controller_target(listens: Iterable[Listen], reached_at: str, is_secure: bool) -> str:
    """Where a host reaches the OpenFlow side that listens on these, if it reached us at `reached_at`; "" for nowhere.

    With TLS rather than without, if the host itself came with TLS.
    """
    for listen in sorted(listens, key=lambda one: (one.tls is not None) is not is_secure):
        if host := _reachable(listen.host, reached_at):
            kind = "ssl" if listen.tls else "tcp"
            return f"{kind}:{f'[{host}]' if ':' in host else host}:{listen.port}"
    return ""


def _reachable(host: str, reached_at: str) -> str:
    """The address for a host that listens there; "" if whoever came to `reached_at` cannot reach it."""
    if not host or not reached_at:
        return ""
    try:
        address, ours = ip_address(host), ip_address(reached_at)
    except ValueError:
        return host
    if address.is_unspecified:
        return reached_at if address.version == ours.version else ""
    return "" if address.is_loopback and not ours.is_loopback else host
