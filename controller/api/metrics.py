"""Metrics in the form of Prometheus, with its conventions for names and units.

Nothing is counted twice: the numbers are those that the daemon keeps anyway, read when somebody asks. None is by
network or port, of which there may be 10,000s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Protocol

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from controller.api.census import Census
from controller.api.fabric_rows import Sessions, sync_of
from controller.core import Core
from controller.event_log import EventKind, EventLog
from controller.intent.model import OVERLAYS
from controller.southbound.statistics import Statistics
from controller.timings import Timings

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

PLAIN = {
    "connections": "Peers that connected, whoever they were.",
    "sessions": "Sessions of switches that became ready.",
    "refusals": "Errors from switches about something of ours.",
    "taken_later": "Networks that a switch took after it had refused them.",
    "audits": "Switches that were read again and compared with what they should hold.",
    "self_checks": "Networks and switches that were compiled from scratch, to compare.",
    "self_check_errors": "Of those, what differed: bugs.",
    "isolation_checks": "Networks that were proved to be kept apart from all others.",
    "isolation_errors": "Frames that could get into another network, as such a proof found: bugs.",
    "packet_ins": "Copies of frames that switches sent.",
    "packet_ins_dropped": "Copies that came faster than they are looked at.",
    "packet_outs": "Frames that were given to switches.",
    "packet_outs_dropped": "Frames for a switch that does not read, or is not there.",
    "links_held_down": "How often a link was not used for a while, because it kept coming back.",
    "bad_probes": "What looks like a probe for loops and is none of ours, or old.",
    "host_connections": "Peers that connected with a database, whoever they were.",
    "host_sessions": "Hosts that were taken on.",
    "hosts_admitted": "Hosts that became switches without being named.",
    "host_changes": "Changes that hosts were asked to make in their databases.",
    "host_changes_refused": "Of those, what hosts did not make.",
    "hosts_slowed": "How often a peer with a database had to wait, as it sends more than it is given time for.",
    "plugs_doubted": "What hosts said of ports and endpoints that was not believed, as it is another's, or none.",
    "migrations": "Ports that moved because their guests were heard where they stood by.",
    "handler_errors": "Exceptions in what handles the reports of switches: bugs.",
}
"""Counters of the southbound without a label."""
LABELLED = {
    "closed": ("connections_closed", "reason", "Connections that ended."),
    "host_dials": ("host_dials", "outcome", "Connections that the daemon opened to databases, or could not open."),
    "hosts_closed": ("host_connections_closed", "reason", "Connections with databases that ended."),
    "sent": ("messages_sent", "kind", "Messages that change a switch."),
    "drift_found": ("drift_found", "kind", "What audits found changed by somebody else."),
    "drift_repaired": ("drift_repaired", "kind", "What of that was repaired since."),
    "packet_ins_for": ("packet_ins_handled", "app", "Copies that were looked at, by app that asked for them."),
    "announcements_refused": ("announcements_refused", "reason", "Announcements on links that were not believed."),
    "wires_misheard": ("wires_misheard", "fault", "Wires that were found to be no links."),
    "underlay_probes": ("underlay_probes", "what", "Probes between tunnel endpoints, sent and arrived."),
    "underlay_probes_refused": (
        "underlay_probes_refused",
        "reason",
        "Probes between endpoints that were not believed.",
    ),
    "underlay_faults": ("underlay_faults", "kind", "Endpoints out of reach, ways broken or narrow, and those mended."),
    "outside_loops": ("outside_loops", "cause", "Ports blocked because of loops outside, and released."),
}
"""Those with one."""


class Switches(Sessions, Protocol):
    """What is needed of the southbound."""

    statistics: Statistics


class Metrics:
    """All metrics of a daemon."""

    def __init__(self, core: Core, switches: Switches, events: EventLog, timings: Timings, version: str) -> None:
        self.census = Census(core.compiler, lambda: timings.revisions)
        self._core = core
        self._switches = switches
        self._events = events
        self._timings = timings
        self._version = version
        self._process = ProcessCollector(registry=None)

    def texts(self) -> Iterator[bytes]:
        """All of them as text, one after the other."""
        for family in self._families():
            registry = CollectorRegistry(auto_describe=False)
            registry.register(_Fixed(family))
            yield generate_latest(registry)

    def _families(self) -> Iterator[Metric]:
        statistics = self._switches.statistics
        plain = (_counter(name, about, getattr(statistics, name)) for name, about in PLAIN.items())
        labelled = (
            _counters(name, about, label, getattr(statistics, attribute))
            for attribute, (name, label, about) in LABELLED.items()
        )
        timings = (self._timings.compiling, self._timings.syncing, self._timings.lag)
        timed = (family for histogram in timings for family in histogram.collect())
        state = (self._state(), self._by_switch(), self._happened())
        yield from chain(*state, plain, labelled, timed, self._process.collect())

    def _state(self) -> Iterator[Metric]:
        situation, intent = self._core.situation, self._core.situation.intent
        build = GaugeMetricFamily("tenantry_build_info", "Always 1; the version.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        segments = Counter(key.segment.value for key in situation.keys.values())
        yield _gauges("networks", "Networks with a key.", "segment", segments)
        without = len(intent.networks) - len(situation.keys)
        yield _gauge("networks_without_key", "Networks that no key is left for.", without)
        yield _gauge("tenants", "Tenants.", len(intent.tenants))
        yield _gauge("ports", "Ports of tenants.", len(intent.ports))
        yield _gauge("links", "Links that are up.", len(self._core.fabric.links))
        yield _gauge("links_held", "Links that are not used for a while.", len(self._core.damping.holds))
        learned = sum(map(len, situation.addresses.by_network.values()))
        yield _gauge("learned_addresses", "Addresses that were learned.", learned)
        yield _gauge("blocked_ports", "Ports blocked on a network, as they are looped outside.", len(situation.blocked))
        out = {segment.value: 0 for segment in OVERLAYS}
        out |= Counter(goal.segment.value for goal in situation.unreached)
        yield _gauges("endpoints_out_of_reach", "Tunnel endpoints that are out of reach.", "encapsulation", out)
        yield _gauge("underlay_paths_broken", "Ways between endpoints that are broken.", len(self._core.paths.broken))
        narrow = len(self._core.paths.narrow)
        yield _gauge("underlay_paths_narrow", "Ways that do not carry packets of `underlay_mtu`.", narrow)

    def _by_switch(self) -> Iterator[Metric]:
        names = sorted(self._core.situation.intent.fabric.switches)
        syncs = {name: sync_of(self._core, self._switches, name) for name in names}
        connected = {name: float(sync is not None) for name, sync in syncs.items()}
        yield _gauges("switch_connected", "1 while the switch has a session.", "switch", connected)
        in_sync = {name: float(sync == "in sync") for name, sync in syncs.items()}
        yield _gauges("switch_in_sync", "1 while the switch confirmed all that it should hold.", "switch", in_sync)
        about = "Flows that the switch should hold; counted anew within half a minute of a change."
        flows = GaugeMetricFamily("tenantry_switch_flows", about, labels=["switch", "app"])
        for name in names:
            for app, number in sorted(self.census.counts.get(name, {}).items()):
                flows.add_metric([name, app], number)
        yield flows

    def _happened(self) -> Iterator[Metric]:
        counts = self._events.counts
        by_kind = {kind.value: number for kind, number in counts.items()}
        yield _counters("events", "Events.", "kind", by_kind)
        results = {"accepted": counts[EventKind.RELOAD_ACCEPTED], "refused": counts[EventKind.RELOAD_REFUSED]}
        yield _counters("reloads", "Changed configurations.", "result", results)
        writes = {"accepted": counts[EventKind.WRITE_ACCEPTED], "refused": counts[EventKind.WRITE_REFUSED]}
        yield _counters("api_writes", "Changes that were asked for over the API.", "result", writes)
        verdicts = {verdict.value: number for verdict, number in self._core.situation.addresses.counts.items()}
        yield _counters("senders", "Copied frames at learning ports, by what it came to.", "verdict", verdicts)


class _Fixed(Collector):
    """A collector of one metric."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> list[Metric]:
        return [self._family]


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tenantry_{name}", about, value)


def _gauges(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"tenantry_{name}", about, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(f"tenantry_{name}", about, value)


def _counters(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"tenantry_{name}", about, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family
