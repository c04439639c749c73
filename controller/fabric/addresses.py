"""Addresses learned from ports whose guests' MACs are not given.

A switch copies frames from unknown senders to the controller, at a limited rate. Each copy is an observation here: the
first puts the MAC behind its port, one from another port moves it there, and the switch reports when a sender has been
silent for long. Memory is bounded for each port; beyond that, guests' frames are still flooded, and counted here.

A MAC that intent gives to a port is never learned elsewhere in that network: whoever else sends from it is a forger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

MULTICAST = 1 << 40
"""The group bit of a MAC as a number (IEEE 802-2014, 8.2): never a sender."""


class Verdict(Enum):
    """What became of an observation."""

    LEARNED = "learned"
    MOVED = "moved"
    KNOWN = "known"
    FORGED = "forged"
    FULL = "full"
    INVALID = "invalid"
    MUTED = "muted"
    """Not observed at all, as the port is looped outside of us (`controller.fabric.outside_loops`)."""


@dataclass(slots=True)
class Addresses:
    """Learned addresses: network id -> MAC -> port id."""

    limit: int
    """Addresses for each port."""
    by_network: dict[str, dict[int, str]] = field(default_factory=dict)
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    _held: dict[str, int] = field(default_factory=dict)

    def observe(self, network: str, port: str, mac: int, given: Collection[int]) -> Verdict:
        """Take note that `mac` sent from `port`; `given` are the MACs that intent gives in that network."""
        verdict = self._judge(network, port, mac, given)
        self.counts[verdict] += 1
        if verdict in (Verdict.MOVED, Verdict.FULL):
            # Where no more are taken it cannot be kept; but it is not where it was, either.
            self.forget(network, mac)
        if verdict in (Verdict.LEARNED, Verdict.MOVED):
            self.by_network.setdefault(network, {})[mac] = port
            self._held[port] = self._held.get(port, 0) + 1
        return verdict

    def forget(self, network: str, mac: int) -> bool:
        """Drop an address; whether it was known."""
        known = self.by_network.get(network, {})
        port = known.pop(mac, None)
        if port is None:
            return False
        self._held[port] -= 1
        if not self._held[port]:
            del self._held[port]
        if not known:
            del self.by_network[network]
        return True

    def forget_port(self, network: str, port: str) -> None:
        """Drop all addresses behind a port of a network."""
        for mac in [mac for mac, where in self.of(network).items() if where == port]:
            self.forget(network, mac)

    def of(self, network: str) -> Mapping[int, str]:
        """MAC -> port id of one network."""
        return self.by_network.get(network, {})

    def keep_only(
        self,
        networks: Iterable[str],
        learning_ports: Mapping[str, Collection[str]],
        given: Mapping[str, Collection[int]],
    ) -> None:
        """After a change of `networks`, drop what is no longer behind a learning port of its network, or is given now.

        `learning_ports` and `given` are by network id.
        """
        for network in networks:
            ports = learning_ports.get(network, ())
            taken = given.get(network, ())
            for mac, port in list(self.of(network).items()):
                if port not in ports or mac in taken:
                    self.forget(network, mac)

    def _judge(self, network: str, port: str, mac: int, given: Collection[int]) -> Verdict:
        if not mac or mac & MULTICAST:
            return Verdict.INVALID
        if mac in given:
            return Verdict.FORGED
        known = self.of(network).get(mac)
        if known == port:
            return Verdict.KNOWN
        if self._held.get(port, 0) >= self.limit:
            return Verdict.FULL
        return Verdict.MOVED if known else Verdict.LEARNED
