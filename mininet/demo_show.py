"""What the demo prints."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from reach import Reachability
from station import Station
from wire_watch import Passage

console = Console(highlight=False)
_LETTERS = string.ascii_letters + string.digits


def step(text: str) -> None:
    """Announce what happens next."""
    console.print(f"\n[bold]{text}[/bold]", soft_wrap=True)


def fact(text: str) -> None:
    """Tell a result."""
    console.print(f"  {text}", soft_wrap=True)


def verdict(text: str, good: bool) -> None:
    """Tell how it all ended."""
    console.print(f"\n[bold {'green' if good else 'red'}]{text}[/]", soft_wrap=True)


def matrix(found: Reachability, stations: Mapping[str, Station]) -> None:
    """Print who reaches whom: what should be on the left, what was seen on the right."""
    for line in _matrix(found, stations):
        console.print(line, soft_wrap=True)


def _matrix(found: Reachability, stations: Mapping[str, Station]) -> Iterator[str]:
    names = found.stations
    wide = max(len(name) for name in names)
    half = 2 * len(names)
    heads = "".join(f" {_LETTERS[at % len(_LETTERS)]}" for at in range(len(names)))
    yield f"  {'':{wide + 2}} {'expected':{half}}   {'seen':{half}}   (row pings column)"
    yield f"  {'':{wide + 2}}[dim]{heads}    {heads}[/]"
    for at, sender in enumerate(names):
        expected, seen = "", ""
        for receiver in names:
            pair = (sender, receiver)
            expected += _expected(pair, found)
            seen += _seen(pair, found)
        network = f"[dim]{stations[sender].network}[/]"
        yield f"  [dim]{_LETTERS[at % len(_LETTERS)]}[/] {sender:{wide}}{expected}    {seen}   {network}"


def _expected(pair: tuple[str, str], found: Reachability) -> str:
    return " ●" if pair in found.expected else " [dim]·[/]"


def _seen(pair: tuple[str, str], found: Reachability) -> str:
    if pair in found.leaks:
        return " [bold red]![/]"
    if pair in found.missing:
        return " [bold red]✗[/]"
    return " [green]●[/]" if pair in found.seen else " [dim]·[/]"


def passages(found: Sequence[tuple[str, Passage]]) -> None:
    """Print frames seen on wires, each with the network it belongs to."""
    rows = [("network", "wire", "VLAN", "tunnel ID", "inner MAC addresses", "inner IP addresses")]
    for network, passage in found:
        mac_a, mac_b, ip_a, ip_b = passage.inner
        tunnel = f"{passage.tunnel} {passage.key}" if passage.tunnel else "-"
        vlan = str(passage.vlan or "-")
        rows.append((network, passage.wire, vlan, tunnel, f"…{mac_a[-5:]} > …{mac_b[-5:]}", f"{ip_a} > {ip_b}"))
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for at, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        console.print(f"  [dim]{line}[/]" if at == 0 else f"  {line}", soft_wrap=True)
