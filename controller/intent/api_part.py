"""The part of the intent that is not in files: tenants that the API made, what it marked as draining, admitted hosts.

A *resource* is named by its path below `/api/v1/`, and its content is what the YAML would have in its place:

    tenants/blue                        {}: what it has are resources of their own
    networks/blue/web                   {"segment": "vlan"}
    ports/blue/web1                     {"network": "web", "switch": "s1", "interface": "tap1"}
    draining/switches/s3                {}
    draining/links/s1:eth2/s2:eth4      {}
    hosts/hv7                           {"dpid": "5f0c...", "host": {}}: it joined by itself (`controller.admission`)

Each tenant has one owner: the files or the API. To the loader this part is one more document, merged with those of the
files, so that a tenant of both is given twice, and everything is checked together.

Edits are numbered. A resource remembers the number of the edit that made it what it is, which is its version; that of a
tenant is of the last edit of anything it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from controller.intent.model import Fabric, LinkEnd, LinkSetting
from controller.intent.problems import Problems
from controller.intent.tree import Map, Seq, pack

Content: TypeAlias = dict[str, Any]
ROOT = "/api/v1"
HOSTS = "hosts/"
_TENANTS = ("tenants", "networks", "ports")
MOST = 100_000
"""Resources; each is a place that messages may name, and of these there are 2**18 with those in files."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource."""

    content: Content
    number: int
    """Of the edit that made it so."""


@dataclass(frozen=True, slots=True)
class PartEdit:
    """Resources as they are from now on; None stands for what is gone."""

    number: int
    resources: Mapping[str, Content | None]


class ApiPart:
    """All resources by their paths."""

    def __init__(self, entries: Mapping[str, Entry] | None = None) -> None:
        self.entries: dict[str, Entry] = dict(entries or {})

    def take(self, edit: PartEdit) -> None:
        """Be what the edit says."""
        for path, content in edit.resources.items():
            if content is None:
                self.entries.pop(path, None)
            else:
                self.entries[path] = Entry(content, edit.number)

    def number(self, path: str) -> int | None:
        """The version of a resource; None when there is none."""
        entry = self.entries.get(path)
        return entry.number if entry else None

    def tenants(self) -> frozenset[str]:
        """Names of the tenants that are the API's."""
        return frozenset(path.partition("/")[2] for path in self.entries if path.startswith("tenants/"))

    def resources_of(self, tenant: str) -> list[str]:
        """Paths of the networks and ports of a tenant."""
        return [path for path in self.entries if path.startswith((f"networks/{tenant}/", f"ports/{tenant}/"))]

    def draining(self) -> Iterator[str]:
        """Paths of what is marked as draining, in order."""
        yield from sorted(path for path in self.entries if path.startswith("draining/"))

    def tree(self, problems: Problems) -> Map:
        """The tenants as a document; each resource is a place of its own."""
        root, tenants = Map(), Map()
        for path, entry in self.entries.items():
            kind, name, *rest = path.split("/")
            if kind not in _TENANTS:
                continue
            at = pack(problems.add_resource(f"{ROOT}/{path}"), 0, 0)
            if name not in tenants:
                tenants.put(name, Map(), at, at)
            if rest:
                _section(tenants[name], kind, at).put(rest[0], _placed(entry.content, at), at, at)
        if tenants:
            at = tenants.positions[0]
            root.put("tenants", tenants, at, at)
        return root

    def hosts_tree(self, problems: Problems, may_join: Callable[[str], bool]) -> Map:
        """The hosts that were admitted, and still may join, as switches of a document."""
        root, fabric, switches = Map(), Map(), Map()
        for path, entry in self.entries.items():
            name = path.removeprefix(HOSTS)
            if path.startswith(HOSTS) and may_join(name):
                at = pack(problems.add_resource(f"{ROOT}/{path}"), 0, 0)
                switches.put(name, _placed(entry.content, at), at, at)
        if switches:
            at = switches.positions[0]
            fabric.put("switches", switches, at, at)
            root.put("fabric", fabric, at, at)
        return root


def edited(part: ApiPart, edits: Iterable[PartEdit]) -> ApiPart:
    """The part after these edits."""
    result = ApiPart(part.entries)
    for edit in edits:
        result.take(edit)
    return result


def link_path(one: LinkEnd, other: LinkEnd) -> str:
    """The path of the mark on a link, the same whichever end comes first."""
    first, second = sorted((one, other))
    return f"draining/links/{':'.join(first)}/{':'.join(second)}"


def link_ends(path: str) -> tuple[LinkEnd, LinkEnd]:
    """The ends of the link of such a path."""
    (a, _, a_interface), (b, _, b_interface) = (end.partition(":") for end in path.split("/")[-2:])
    return (a, a_interface), (b, b_interface)


def with_marks(fabric: Fabric, paths: Iterable[str]) -> Fabric:
    """The fabric with what these marks say drains, too. One on a switch that is not there says nothing."""
    switches, links = dict(fabric.switches), dict(fabric.links)
    for path in paths:
        if path.startswith("draining/switches/"):
            name = path.rpartition("/")[2]
            if name in switches:
                switches[name] = replace(switches[name], draining=True)
        else:
            ends = link_ends(path)
            links[ends] = replace(links.get(ends, LinkSetting()), draining=True)
    return replace(fabric, switches=switches, links=links)


def _section(tenant: Map, kind: str, at: int) -> Map:
    if kind not in tenant:
        tenant.put(kind, Map(), at, at)
    section: Map = tenant[kind]
    return section


def _placed(value: object, at: int) -> object:
    """Plain data with positions, all of them the same."""
    if isinstance(value, dict):
        result = Map()
        for key, child in value.items():
            result.put(key, _placed(child, at), at, at)
        return result
    if isinstance(value, list):
        items = Seq()
        for child in value:
            items.add(_placed(child, at), at)
        return items
    return value
