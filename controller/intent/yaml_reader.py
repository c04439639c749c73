"""Reads one YAML document into a tree with positions, in bounded time and memory.

The parser's events are composed here instead of by PyYAML, for four reasons: positions are kept compactly; a mapping
that gives a key twice is an error; nesting and aliases are bounded; and plain scalars follow YAML 1.2, in which `no`,
`on` and `12:34:56:00:00:01` are text. Of numbers only whole decimal ones are known, because the format has no others;
everything else is text, which also leaves hexadecimal datapath IDs as they were written.

Keys are always text, so a tenant may be called 42. Of tags only `!!str` is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from controller.intent.problems import Problems
from controller.intent.tree import Map, Seq, pack

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 32
MAX_VALUES = 5_000_000
"""Values of one file with every alias written out; 100,000 ports make about 1,500,000."""

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")


class _Refused(Exception):
    """Composing cannot go on; the problem is reported already."""


def read(text: str, file: int, problems: Problems) -> Map | None:
    """The mapping that `text` holds; an empty one, with a warning, for an empty file; None when errors were reported.

    `file` is the file's number in `problems`. Keys given twice are reported, and the first one is taken.
    """
    composer = _Composer(text, file, problems)
    try:
        return composer.document()
    except _Refused:
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        position = pack(file, mark.line, mark.column) if mark else pack(file, 0, 0)
        problems.error(position, *_syntax(error, text, mark.index if mark else 0))
        return None


def _syntax(error: yaml.YAMLError, text: str, index: int) -> tuple[str, str]:
    if text[index : index + 1] == "\t":
        return "a tab where YAML allows only spaces", "indent with spaces"
    words = " ".join(filter(None, (getattr(error, "problem", None), getattr(error, "context", None)))) or str(error)
    return f"not valid YAML ({words})", "compare indentation, quotes, colons and brackets here and above"


class _Composer:
    """Turns events into values."""

    def __init__(self, text: str, file: int, problems: Problems) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._file = file
        self._problems = problems
        self._depth = 0
        self._values = 0
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open_anchors: set[str] = set()
        # Keys and names repeat a hundred thousand times: one string for each.
        self._texts: dict[str, str] = {}

    def document(self) -> Map | None:
        """The only document of the stream."""
        next(self._events)  # start of stream
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            return self._empty(pack(self._file, 0, 0))
        event = next(self._events)
        root: Any = self._value(event)
        next(self._events)  # end of document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, "a second YAML document begins here", "give each document a file of its own")
        if root is None:
            return self._empty(self._position(event))
        if not isinstance(root, Map):
            self._refuse(event, f"the file holds {kind_of(root)}", "begin with fabric:, tenants: or lab:")
        return root

    def _empty(self, position: int) -> Map:
        self._problems.warning(position, "the file is empty", "remove it if that is meant")
        return Map()

    def _value(self, event: Any) -> Any:  # noqa: ANN401
        self._count(event, 1)
        if isinstance(event, yaml.ScalarEvent):
            value: Any = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = (value, 1)
            return value
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._values
        if event.tag not in (None, "!"):
            self._refuse(event, f'the tag "{event.tag}" is not known', "remove it")
        if self._depth == MAX_DEPTH:
            self._refuse(event, f"nested more than {MAX_DEPTH} levels deep", "look for a bracket that is not closed")
        self._depth += 1
        self._open_anchors.add(event.anchor)
        value = self._mapping() if isinstance(event, yaml.MappingStartEvent) else self._sequence()
        self._open_anchors.discard(event.anchor)
        self._depth -= 1
        if event.anchor:
            self._anchors[event.anchor] = (value, self._values - before + 1)
        return value

    def _mapping(self) -> Map:
        result = Map()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a key that is not plain text", "write a name before the colon")
            key = self._texts.setdefault(event.value, event.value)
            following = next(self._events)
            value = self._value(following)
            if key in result:
                first = self._problems.place(result.key_position(key))
                self._problems.error(self._position(event), f'"{key}" is given twice, first at {first}', "keep one")
            else:
                result.put(key, value, self._position(event), self._position(following))
        return result

    def _sequence(self) -> Seq:
        result = Seq()
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            result.add(self._value(event), self._position(event))
        return result

    def _scalar(self, event: yaml.ScalarEvent) -> str | int | bool | None:
        text: str = event.value
        if event.tag not in _TEXT_TAGS:
            self._refuse(event, f'the tag "{event.tag}" is not known', "remove it")
        if event.implicit[0] and event.tag is None:
            if text in _CONSTANTS:
                return _CONSTANTS[text]
            if _INTEGER.fullmatch(text):
                return int(text)
        return self._texts.setdefault(text, text)

    def _alias(self, event: Any) -> Any:  # noqa: ANN401
        if event.anchor in self._open_anchors:
            self._refuse(event, f"*{event.anchor} stands inside of what it repeats", "write the value out")
        if event.anchor not in self._anchors:
            self._refuse(event, f"*{event.anchor} repeats nothing", f"put &{event.anchor} before a value further up")
        value, size = self._anchors[event.anchor]
        self._count(event, size - 1)
        return value

    def _count(self, event: yaml.Event, values: int) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            self._refuse(event, f"more than {MAX_VALUES:,} values with aliases written out", "split the file")

    def _position(self, event: yaml.Event) -> int:
        mark: Any = event.start_mark
        return pack(self._file, mark.line, mark.column)

    def _refuse(self, event: yaml.Event, what: str, instead: str) -> NoReturn:
        self._problems.error(self._position(event), what, instead)
        raise _Refused


def kind_of(value: object) -> str:
    """A value's kind in an operator's words."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "empty"
    return "a number" if isinstance(value, int | float) else "text"
