"""What an edit of the files comes to: the difference of two intents.

Everything that a reload does works from this value, so that it costs what was edited and not what there is. Only
finding it looks at each network and port once; that is done where the files are read, beside the event loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import compress
from operator import is_not
from typing import TypeVar

from controller.intent.model import DiscoverySettings, Fabric, HostSettings, Intent, Port

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class IntentEdit:
    """Two intents, and where they differ."""

    before: Intent
    after: Intent
    fabric: bool
    """Whether anything of the fabric differs on which networks depend: switches, pools, defaults; no links or hosts."""
    networks: frozenset[str]
    """Ids of networks that are new, gone, or others than before."""
    ports: frozenset[str]
    """Ids of ports that are new, gone, or others than before."""

    def old_ports(self) -> Iterator[Port]:
        """The ports that went, and those that changed as they were."""
        return (self.before.ports[name] for name in self.ports if name in self.before.ports)

    def new_ports(self) -> Iterator[Port]:
        """The ports that came, and those that changed as they are now."""
        return (self.after.ports[name] for name in self.ports if name in self.after.ports)

    def touched_networks(self) -> set[str]:
        """Ids of the networks that differ themselves or in one of their ports; all of both when the fabric differs."""
        if self.fabric:
            return {*self.before.networks, *self.after.networks}
        touched = set(self.networks)
        for ports in (self.old_ports(), self.new_ports()):
            touched.update(network for port in ports for network in port.networks)
        return touched


def difference(before: Intent, after: Intent) -> IntentEdit:
    """How `after` differs from `before`."""
    return IntentEdit(
        before,
        after,
        before.fabric != after.fabric and _without_links(before.fabric) != _without_links(after.fabric),
        _differing(before.networks, after.networks),
        _differing(before.ports, after.ports),
    )


def _without_links(fabric: Fabric) -> Fabric:
    """The fabric without what operators say about links and how they are found, and how hosts come and are set up."""
    switches = {name: replace(switch, draining=False, host=None) for name, switch in fabric.switches.items()}
    return replace(fabric, switches=switches, links={}, discovery=DiscoverySettings(), admit=(), hosts=HostSettings())


def _differing(old: Mapping[str, _Value], new: Mapping[str, _Value]) -> frozenset[str]:
    # By reference first, which takes no step of the interpreter for each of 10,000 that are the same.
    others = compress(new, map(is_not, new.values(), map(old.get, new)))
    changed = [name for name in others if old.get(name) != new[name]]
    came = sum(1 for name in changed if name not in old)
    has_lost = len(old) + came > len(new)
    return frozenset(changed).union(old.keys() - new.keys() if has_lost else ())
