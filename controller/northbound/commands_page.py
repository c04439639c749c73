"""The reference of all commands, as a page of the documentation, from the functions that are the commands.

`python -m controller.northbound.references` prints it into `docs/`. It is read from signatures and docstrings, and not
from what Typer makes of them, so that it is the same with every version of Typer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from textwrap import wrap
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

INTRODUCTION = """\
# Commands

<!-- Printed by `python -m controller.northbound.references`: change the commands, then print this page again. -->

`tenantry --help` and `tenantry COMMAND --help` say the same. What the output means, and what to do about it, is on the
page on [operation](operation.md).

`tenantry --install-completion` has the shell that it is called from (bash, zsh, fish or PowerShell) complete commands
and options from the next login on; `tenantry --show-completion` prints what that adds, for who wants to put it
somewhere else. `tenantry --version` prints the version.

A command that asks the daemon takes the environment's `TENANTRY_SERVER`, `TENANTRY_TOKEN` and `TENANTRY_CA` for
`--server`, `--token` and `--ca`. Unless a command says otherwise its exit status is 0; 1 when the daemon answers with
an error; 2 for wrong usage, or when no daemon answers.
"""
EXAMPLE = "Example: "
WIDTH = 120


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or option of a command."""

    form: str
    """As it is written."""
    meaning: str
    default: str
    is_option: bool
    is_required: bool


def commands_page(app: typer.Typer) -> str:
    """The page."""
    callbacks = commands_of(app)
    return "\n".join([INTRODUCTION, *(_section(name, callbacks[name]) for name in sorted(callbacks))])


def commands_of(app: typer.Typer) -> dict[str, Callable[..., Any]]:
    """The functions that are commands, by the names of those."""
    callbacks = (callback for info in app.registered_commands if (callback := info.callback))
    return {callback.__name__.replace("_", "-"): callback for callback in callbacks}


def parameters_of(command: Callable[..., Any]) -> Iterator[Parameter]:
    """What a command takes, in order."""
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        kind, info = _parts(hints[name])
        is_option = isinstance(info, OptionInfo)
        default = "" if parameter.default is inspect.Parameter.empty else _default(parameter.default)
        is_required = parameter.default is inspect.Parameter.empty
        yield Parameter(_form(name, kind, info), info.help or "", default, is_option, is_required)


def _section(name: str, command: Callable[..., Any]) -> str:
    paragraphs = [" ".join(part.split()) for part in (inspect.getdoc(command) or "").split("\n\n")]
    examples = [part.removeprefix(EXAMPLE) for part in paragraphs if part.startswith(EXAMPLE)]
    parameters = list(parameters_of(command))
    arguments = [one.form if one.is_required else f"[{one.form}]" for one in parameters if not one.is_option]
    usage = " ".join(["tenantry", name, *arguments, *(["[OPTION]..."] if any(map(_is_option, parameters)) else [])])
    lines = [f"## {name}", "", f"`{usage}`", ""]
    for part in paragraphs:
        if not part.startswith(EXAMPLE):
            lines += [*wrap(part, WIDTH, break_on_hyphens=False), ""]
    lines += [*(f"    {example}" for example in examples), ""]
    if parameters:
        lines += ["| | meaning | default |", "| --- | --- | --- |"]
        lines += [f"| `{_cell(one.form)}` | {_cell(one.meaning)} | {_cell(one.default)} |" for one in parameters]
        lines.append("")
    return "\n".join(lines)


def _is_option(one: Parameter) -> bool:
    return one.is_option


def _parts(hint: object) -> tuple[object, ArgumentInfo | OptionInfo]:
    assert get_origin(hint) is Annotated, "each parameter says what it is"
    kind, info = get_args(hint)
    return kind, info


def _form(name: str, kind: object, info: ArgumentInfo | OptionInfo) -> str:
    is_list = get_origin(kind) is list or any(get_origin(one) is list for one in get_args(kind))
    if isinstance(info, ArgumentInfo):
        return f"{info.metavar or name.upper()}{'...' if is_list else ''}"
    # With Annotated, Typer keeps the first name where the default would be.
    names = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
    option = names[0] if names else f"--{name.replace('_', '-')}"
    return option if kind is bool else f"{option} {info.metavar or _values(kind)}"


def _values(kind: object) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind)
    return "TEXT"


def _default(value: object) -> str:
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`" if value and not isinstance(value, bool) else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
