"""From the wanted content of a tenant, network or port to an edit of the intent: validated like files, at its own cost.

The checks of files are made on a document that has what is to change and what it can disagree with
(`controller.reduced_document`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from controller.intent.api_part import ROOT, Content
from controller.intent.build import build_intent
from controller.intent.check_fabric import check_keys
from controller.intent.check_links import check_links
from controller.intent.check_mtu import check_mtus
from controller.intent.check_overlay import check_overlays
from controller.intent.check_ports import check_ports
from controller.intent.checks import Context
from controller.intent.document import Document
from controller.intent.edit import IntentEdit
from controller.intent.explain import Broken, Steps, mistakes
from controller.intent.loader import Base
from controller.intent.model import Intent, Network, Port
from controller.intent.problems import Problems
from controller.intent.tree import Map
from controller.intent.write import Mistake, Refusal, Refused
from controller.intent.written import network_form, plain, port_form
from controller.reduced_document import Parts, reduced
from controller.situation import IntentIndex

_Value = TypeVar("_Value")
CHECKS = (check_keys, check_ports, check_overlays, check_links)


@dataclass(frozen=True, slots=True)
class Target:
    """What is written: a tenant, or a network or port of it."""

    kind: str
    """`tenants`, `networks` or `ports`."""
    tenant: str
    name: str = ""

    @staticmethod
    def at(path: str) -> Target:
        """That of a resource."""
        return Target(*path.split("/"))

    @property
    def id(self) -> str:
        """As networks and ports are known."""
        return f"{self.tenant}/{self.name}"

    @property
    def steps(self) -> Steps:
        """Where it stands in the document."""
        return ("tenants", self.tenant, self.kind, self.name) if self.name else ("tenants", self.tenant)

    def document(self, content: Content) -> dict[str, object]:
        """A document with this only."""
        value: object = content
        for step in reversed(self.steps):
            value = {step: value}
        return {"tenants": value["tenants"]} if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change comes to."""

    edit: IntentEdit
    resources: Mapping[str, Content | None]
    """Networks and ports as they are to be kept, where they differ; None for those that go."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Finding(Context):
    """Where the checks report: by place in the content of the target."""

    target: Target
    base: Base
    wrong: list[Mistake] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)

    def error(self, path: Steps, what: str, instead: str, *, at_key: bool = False) -> None:
        """What makes the change invalid."""
        self.wrong.append(Mistake(pointer(path, self.target), f"{what}; {instead}"))

    def warning(self, path: Steps, what: str, instead: str, *, at_key: bool = False) -> None:
        """What is probably not meant."""
        self.doubtful.append(f"{what}; {instead}")

    def place(self, path: Steps, *, at_key: bool = False) -> str:
        """What else is meant, and where its owner has it."""
        if path[0] != "tenants":
            return "the fabric of the files"
        _, tenant, kind, name, *_ = map(str, path)
        if tenant in self.base.places:
            return f"{kind[:-1]} {tenant}/{name}, of the tenant at {self.base.places[tenant]}"
        return f"{ROOT}/{kind}/{tenant}/{name}"


def pointer(path: Steps, target: Target) -> str:
    """The JSON pointer (RFC 6901) of a place in the content of the target; empty where it is elsewhere."""
    depth = len(target.steps)
    if path[:depth] != target.steps:
        return ""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path[depth:])


def plan(intent: Intent, index: IntentIndex, base: Base, target: Target, content: Content | None) -> Plan:
    """What it comes to that the target has this content from now on, or is gone. Raises Refused."""
    if content is None and target.kind == "networks" and (there := index.ports_by_network.get(target.id)):
        names = ", ".join(port.id for port, _ in there[:3]) + (f" and {len(there) - 3} more" if len(there) > 3 else "")
        raise Refused(Refusal.CONFLICT, f"network {target.id} has ports: {names}; delete them, or put them elsewhere")
    wanted = _wanted(intent, target, content)
    found = _checked(reduced(intent, index, base.fabric, wanted, ()), target, base)
    if found.wrong:
        # Once more with all that advice may name.
        others = (name for name in intent.networks if name.startswith(f"{target.tenant}/"))
        found = _checked(reduced(intent, index, base.fabric, wanted, others), target, base)
        raise Refused(Refusal.INVALID, found.wrong[0].detail, found.wrong)
    built = build_intent(found.document)
    check_mtus(found, built)
    networks = _differing(intent.networks, built.networks, wanted.networks)
    asked = {name: intent.ports[name].asked for name in wanted.ports if name in intent.ports}
    ports = _differing(asked, built.ports, wanted.ports)
    resources = {f"networks/{name}": plain(network_form(one)) if one else None for name, one in networks.items()}
    resources |= {f"ports/{name}": plain(port_form(port)) if port else None for name, port in ports.items()}
    return Plan(_edit(intent, target, networks, ports, content is None), resources, tuple(found.doubtful))


def _wanted(intent: Intent, target: Target, content: Content | None) -> Parts:
    """What the content says about networks and ports. Raises Refused for content that has not the form."""
    wanted = Parts()
    if not target.name:
        wanted.networks.update((name, None) for name in intent.networks if name.startswith(f"{target.tenant}/"))
        wanted.ports.update((name, None) for name in intent.ports if name.startswith(f"{target.tenant}/"))
    if content is None:
        if target.kind == "networks":
            wanted.networks[target.id] = None
        elif target.kind == "ports":
            wanted.ports[target.id] = None
        return wanted
    values = target.document(content)
    if wrong := mistakes(values, Problems()):
        found = [Mistake(pointer(path, target), detail) for path, detail in wrong]
        raise Refused(Refusal.INVALID, found[0].detail, found)
    form = Document.model_validate(values).tenants[target.tenant]
    wanted.networks.update((f"{target.tenant}/{name}", one) for name, one in form.networks.items())
    wanted.ports.update((f"{target.tenant}/{name}", one) for name, one in form.ports.items())
    return wanted


def _checked(document: Document, target: Target, base: Base) -> _Finding:
    found = _Finding(document, Map(), Problems(), Broken(), target, base)
    for check in CHECKS:
        check(found)
    return found


def _differing(
    before: Mapping[str, _Value], built: Mapping[str, _Value], names: Iterable[str]
) -> dict[str, _Value | None]:
    return {name: built.get(name) for name in names if built.get(name) != before.get(name)}


def _edit(
    intent: Intent,
    target: Target,
    networks: Mapping[str, Network | None],
    ports: Mapping[str, Port | None],
    is_deletion: bool,
) -> IntentEdit:
    is_gone = is_deletion and not target.name
    others = tuple(name for name in intent.tenants if name != target.tenant)
    is_known = len(others) < len(intent.tenants)
    tenants = others if is_gone else intent.tenants if is_known else (*others, target.tenant)
    after = replace(
        intent,
        tenants=tenants,
        networks=_put(intent.networks, networks),
        ports=_put(intent.ports, ports),
        api_tenants=intent.api_tenants - {target.tenant} if is_gone else intent.api_tenants | {target.tenant},
    )
    return IntentEdit(intent, after, False, frozenset(networks), frozenset(ports))


def _put(before: Mapping[str, _Value], changed: Mapping[str, _Value | None]) -> Mapping[str, _Value]:
    if not changed:
        return before
    result = dict(before)
    for name, value in changed.items():
        if value is None:
            del result[name]
        else:
            result[name] = value
    return result
