"""What the southbound counts. Totals since the start, except where a name says otherwise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields


@dataclass(slots=True)
class Statistics:
    """Counters of all sessions together."""

    connections: int = 0
    """Peers that connected, whoever they were."""
    sessions: int = 0
    """Switches that became ready."""
    closed: Counter[str] = field(default_factory=Counter)
    """Ends of connections by kind, such as `malformed`, `incompatible`, `silent`, `unknown switch`, `duplicate`."""
    sent: Counter[str] = field(default_factory=Counter)
    """Messages that change a switch, by kind."""
    refusals: int = 0
    """Errors from switches about something of ours."""
    taken_later: int = 0
    """Networks that a switch took after it had refused them."""
    audits: int = 0
    """Switches that were read again and compared with what they should hold."""
    drift_found: Counter[str] = field(default_factory=Counter)
    """What audits found, by kind."""
    drift_repaired: Counter[str] = field(default_factory=Counter)
    """What of that was repaired since."""
    self_checks: int = 0
    """Networks and switches that were compiled from scratch and compared with what the daemon remembers."""
    self_check_errors: int = 0
    """Of those, what differed: bugs."""
    isolation_checks: int = 0
    """Networks whose compiled flows were examined for whether they keep it apart from all others."""
    isolation_errors: int = 0
    """Ways out of networks that were found: bugs."""
    packet_ins: int = 0
    packet_ins_for: Counter[str] = field(default_factory=Counter)
    """Those that were looked at, by app of the flow that copied the frame, or `unknown`."""
    packet_ins_dropped: int = 0
    """Copies that came faster than they are looked at."""
    announcements_refused: Counter[str] = field(default_factory=Counter)
    """Frames on links that were not believed, by kind: `foreign`, `malformed`, `forged`, `stale`, `replayed`."""
    wires_misheard: Counter[str] = field(default_factory=Counter)
    """Wires that were found to be no links, by kind: `looped`, `one way`, `shared`."""
    links_held_down: int = 0
    """How often a link was not used for a while, because it kept coming back."""
    outside_loops: Counter[str] = field(default_factory=Counter)
    """Ports that were blocked because of loops outside, by cause, and those that were released."""
    bad_probes: int = 0
    """Frames at tenants' ports that look like probes for such loops and are none of ours, or old."""
    underlay_probes: Counter[str] = field(default_factory=Counter)
    """Probes between tunnel endpoints: `sent`, `arrived`."""
    underlay_probes_refused: Counter[str] = field(default_factory=Counter)
    """Those that were not believed, by kind: `malformed`, `forged`, `stale`, `astray`."""
    underlay_faults: Counter[str] = field(default_factory=Counter)
    """What was found by them, by kind: `out of reach`, `in reach`, `broken`, `whole`, `narrow`, `wide`."""
    packet_outs: int = 0
    packet_outs_dropped: int = 0
    """Frames for a switch that does not read, or is not there."""
    host_connections: int = 0
    """Peers that connected with a database, whoever they were."""
    host_dials: Counter[str] = field(default_factory=Counter)
    """Connections that the daemon opened to hosts' databases, by what became of them: `taken on`, `failed`."""
    host_sessions: int = 0
    hosts_admitted: int = 0
    """Hosts that were taken on."""
    hosts_closed: Counter[str] = field(default_factory=Counter)
    """Ends of connections with databases by kind, such as `malformed`, `unknown host`, `duplicate`, `tls`, `silent`."""
    host_changes: int = 0
    """Changes that hosts were asked to make in their databases."""
    host_changes_refused: int = 0
    """Of those, what hosts did not make."""
    hosts_slowed: int = 0
    """How often a peer with a database had to wait, as what it says takes more time than it is given."""
    plugs_doubted: int = 0
    """What hosts said of ports and endpoints that was not believed, as it is another's, or none."""
    migrations: int = 0
    """Ports that moved because their guests were heard where they stood by."""
    handler_errors: int = 0
    """Exceptions out of the handler: bugs."""

    def __str__(self) -> str:
        """All that is not zero."""
        parts = []
        for one in fields(self):
            value = getattr(self, one.name)
            name = one.name.replace("_", " ")
            if isinstance(value, Counter):
                parts += [f"{name} ({kind}) {number}" for kind, number in sorted(value.items())]
            elif value:
                parts.append(f"{name} {value}")
        return ", ".join(parts) or "nothing happened"
