"""Who reaches whom: every station pings every address, and what arrives where is compared with the intent.

A reply alone proves little where tenants share addresses, as somebody else with that address may have sent it. So each
ping carries a token that names sender and receiver, and all stations are watched: a pair is connected when the receiver
saw the token and the sender got its reply, and anything seen by a station in another network is a leak. Pairs with one
and the same address cannot ping each other; for them, and beside the pings, each station broadcasts a frame.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from frames import token_bytes
from namespaces import inside
from prober import Prober
from station import Station

Pair: TypeAlias = tuple[str, str]
"""Names of sender and receiver."""


@dataclass(frozen=True, slots=True)
class Reachability:
    """What should be connected and what is, as pairs of station names."""

    stations: tuple[str, ...]
    expected: frozenset[Pair]
    seen: frozenset[Pair]
    complete_after: float | None = None
    """Seconds until nothing was missing any more; None when that did not happen, or was not waited for."""

    @property
    def missing(self) -> frozenset[Pair]:
        """Pairs of one network that are not connected."""
        return self.expected - self.seen

    @property
    def leaks(self) -> frozenset[Pair]:
        """Pairs of different networks of which one saw frames of the other."""
        return self.seen - self.expected

    @property
    def is_right(self) -> bool:
        """Whether exactly the expected pairs are connected."""
        return self.expected == self.seen


def expected_pairs(stations: Iterable[Station]) -> frozenset[Pair]:
    """Two stations reach each other exactly when they are on one network."""
    known = tuple(stations)
    return frozenset((a.name, b.name) for a in known for b in known if a is not b and a.network == b.network)


def measure(stations: Mapping[str, Station]) -> Reachability:
    """Ping and broadcast between all stations at once; about two seconds."""
    names = tuple(stations)
    tokens = {f"{a}.{b}": (names[a], names[b]) for a in range(len(names)) for b in range(len(names)) if a != b}
    broadcasts = {f"b{a}": names[a] for a in range(len(names))}
    with Prober(stations.values()) as prober:
        replied = _ping_all(stations, tokens)
        for token, name in broadcasts.items():
            prober.send(name, token)
        sightings = prober.sightings()
    network = {name: station.network for name, station in stations.items()}
    delivered, seen = set(), set()
    for sighting in sightings:
        sender, receiver = tokens.get(sighting.token) or (broadcasts.get(sighting.token), None)
        if sender is None:
            continue
        if receiver == sighting.station:
            delivered.add((sender, receiver))
        if network[sender] != network[sighting.station]:
            seen.add((sender, sighting.station))
    return Reachability(names, expected_pairs(stations.values()), frozenset(seen | (delivered & replied)))


def wait_until_right(
    stations: Mapping[str, Station], timeout: float = 30.0, *, since: float | None = None
) -> Reachability:
    """Ping until every expected pair was connected once or the time is over, and measure then.

    Only what is missing is pinged again, so the moment when all is well is found soon; it is told as `complete_after`,
    counted from the monotonic time `since` (from now when that is not given).
    """
    begun = time.monotonic()
    missing: Collection[Pair] = expected_pairs(stations.values())
    while missing and time.monotonic() < begun + timeout:
        tokens = {f"w{number}": pair for number, pair in enumerate(sorted(missing))}
        missing = set(missing) - _ping_all(stations, tokens)
    complete_after = None if missing else time.monotonic() - (since or begun)
    return replace(measure(stations), complete_after=complete_after)


def _ping_all(stations: Mapping[str, Station], tokens: Mapping[str, Pair]) -> set[Pair]:
    """Ping all pairs at once, one shell in each sender's namespace; the pairs that got a reply."""
    shells = {}
    for name, station in stations.items():
        pings = [
            f"{_ping(station, stations[receiver], token)} && echo {token}"
            for token, (sender, receiver) in tokens.items()
            if sender == name and not _share_address(station, stations[receiver])
        ]
        script = " ".join(f"( {ping} ) &" for ping in pings) + " wait"
        shells[name] = subprocess.Popen(
            inside(station.namespace, ["sh", "-c", script]),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    return {tokens[token] for shell in shells.values() for token in shell.communicate()[0].split()}


def _ping(sender: Station, receiver: Station, token: str) -> str:
    command = ["ping", "-n", "-q", "-c1", "-W1", "-I", sender.interface, "-p", token_bytes(token).hex()]
    return shlex.join([*command, str(receiver.addresses[0].ip)]) + " >/dev/null"


def _share_address(a: Station, b: Station) -> bool:
    return not b.addresses or b.addresses[0].ip in {address.ip for address in a.addresses}
