"""Loads an intent from YAML, and reports everything that is wrong with it at once.

    files -> text -> trees with positions -> one tree -> documents by pydantic -> checks -> Intent, Lab

What was changed over the API (`controller.intent.api_part`) is one of the trees, the first: where a file and the API
disagree, the place in the file is named, as that is what was edited last. Hosts that were admitted are one more tree,
as far as files still admit them and do not name them.

A step works on what the step before found valid, and nothing is reported twice: a file that is not YAML yields no
complaints about what the other files refer to in it, a network that is refused none about its ports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from controller.intent.admitted import may_join
from controller.intent.api_part import ApiPart, with_marks
from controller.intent.build import build_intent, build_lab
from controller.intent.check_fabric import check_keys, check_switches
from controller.intent.check_lab import check_lab
from controller.intent.check_links import check_links
from controller.intent.check_mtu import check_mtus
from controller.intent.check_overlay import check_overlays
from controller.intent.check_ports import check_ports
from controller.intent.checks import Context
from controller.intent.document import FabricDocument
from controller.intent.explain import Broken, validate
from controller.intent.files import check_text, files_of, read_text
from controller.intent.kept_trees import KeptTrees
from controller.intent.lab_model import Lab
from controller.intent.merge import merge
from controller.intent.model import Intent
from controller.intent.problems import Problem, Problems
from controller.intent.tree import Map, Seq
from controller.intent.yaml_reader import read


@dataclass(frozen=True, slots=True)
class Base:
    """What files say, as far as a change over the API has to fit it."""

    fabric: FabricDocument = field(default_factory=FabricDocument)
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each tenant of the files is: `file:line:column`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load found. `intent` is None exactly when there are errors."""

    intent: Intent | None
    lab: Lab | None
    """None when there are errors, or the document has no `lab`."""
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    base: Base = field(default_factory=Base)
    """Empty when there are errors."""


def load(paths: Sequence[Path], kept: KeptTrees | None = None, part: ApiPart | None = None) -> Loaded:
    """Load the document that is spread over `paths`: files, and directories of `*.yaml` and `*.yml` files.

    `kept` are the trees of the load before, of which this one may take those of files that have not changed. `part` is
    what was changed over the API.
    Raises nothing for what is in the files or about them; that is reported as errors, by file, line and column.
    """
    problems = Problems()
    return _load((read_text(file, problems) for file in files_of(paths, problems)), problems, kept, part)


def load_texts(files: Sequence[tuple[str, str]], kept: KeptTrees | None = None, part: ApiPart | None = None) -> Loaded:
    """The same from names of files and their text, as somebody else has read them: errors have these names."""
    problems = Problems()
    return _load((check_text(Path(name), text, problems) for name, text in files), problems, kept, part)


def _load(
    texts: Iterable[tuple[int, str] | None], problems: Problems, kept: KeptTrees | None, part: ApiPart | None
) -> Loaded:
    """Load texts, each with the number of its file; None stands for one that could not be read."""
    broken = Broken()
    trees: list[Map] = []
    if kept:
        kept.begin()
    parse = kept.read if kept else read
    for numbered in texts:
        tree = parse(numbered[1], numbered[0], problems) if numbered else None
        if tree is not None:
            trees.append(tree)
    if not problems.valid and len(trees) < len(problems.files):
        broken.add(())
    part = part or ApiPart()
    tree = merge([part.tree(problems), *trees, part.hosts_tree(problems, _may_join(trees))], problems)
    context = Context(validate(tree, problems, broken), tree, problems, broken)
    for check in (check_switches, check_keys, check_ports, check_overlays, check_links, check_lab):
        check(context)
    if not problems.valid:
        return Loaded(None, None, problems.errors, problems.warnings)
    intent = build_intent(context.document)
    check_mtus(context, intent)
    lab = build_lab(context.document.lab, intent) if "lab" in tree else None
    theirs = part.tenants()
    intent = replace(intent, fabric=with_marks(intent.fabric, part.draining()), api_tenants=theirs)
    places = {name: context.place(("tenants", name), at_key=True) for name in intent.tenants if name not in theirs}
    return Loaded(intent, lab, (), problems.warnings, Base(context.document.fabric, places))


def _may_join(trees: Iterable[Map]) -> Callable[[str], bool]:
    """Tells whether a host is admitted by the files and not named in them, which may be wrong in other respects."""
    named: set[str] = set()
    patterns: list[str] = []
    for fabric in (tree.get("fabric") for tree in trees):
        if isinstance(fabric, Map):
            switches, admit = fabric.get("switches"), fabric.get("admit")
            named.update(switches if isinstance(switches, Map) else ())
            patterns += [one for one in (admit if isinstance(admit, Seq) else [admit]) if isinstance(one, str)]
    return lambda name: name not in named and may_join(patterns, name)
