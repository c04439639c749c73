"""What is exported is the graph: each form is read back."""

from __future__ import annotations

import json
import re
import subprocess
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest

from controller.fabric.graph import fabric_graph
from controller.northbound.graph import Format, written
from tests.unit.small_fabric import ADDRESSES, FABRIC, INTENT, PARALLEL_A

SVG = "{http://www.w3.org/2000/svg}"
QUOTED = r'"(?:[^"\\]|\\.)*"'
STATEMENT = re.compile(
    rf"  (?:(?P<one>{QUOTED})(?: -- (?P<other>{QUOTED}))? \[(?P<attributes>\w+={QUOTED}(?:, \w+={QUOTED})*)\];"
    rf"|label={QUOTED};|overlap=false;)"
)


def graph() -> nx.Graph[str]:
    result = fabric_graph(INTENT, FABRIC, ADDRESSES, {PARALLEL_A: 0.00025})
    result.graph.update(age='"<&>\\', saved="2026-01-01T00:00:00Z", live=True)
    return result


def contents(of: nx.Graph[str]) -> Any:  # noqa: ANN401
    edges = {frozenset((one, other)): data for one, other, data in of.edges(data=True)}
    return dict(of.nodes.items()), edges


def test_json() -> None:
    again = nx.node_link_graph(json.loads(written(graph(), Format.JSON)), edges="edges")
    assert contents(again) == contents(graph())
    assert again.graph == graph().graph


def test_graphml() -> None:
    again = nx.read_graphml(BytesIO(written(graph(), Format.GRAPHML).encode()))
    assert contents(again) == contents(graph())
    assert again.graph.items() >= graph().graph.items()


def unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def test_dot() -> None:
    first, *lines, last = written(graph(), Format.DOT).splitlines()
    assert (first, last) == ("graph tenantry {", "}")
    found: dict[Any, dict[str, str]] = {}
    for line in lines:
        match = STATEMENT.fullmatch(line)
        assert match, line
        if match["one"]:
            names = frozenset(unquoted(name) for name in (match["one"], match["other"]) if name)
            attributes = re.findall(rf"(\w+)=({QUOTED})", match["attributes"])
            found[names] = {key: unquoted(value) for key, value in attributes}
    nodes, edges = contents(graph())
    expected = {frozenset([node]): data for node, data in nodes.items()} | edges
    assert found.keys() == expected.keys()
    for names, data in expected.items():
        texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in data.items()}
        assert found[names].items() >= texts.items()


def test_graphviz_takes_it() -> None:
    text = written(graph(), Format.DOT)
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.count("\nnode ") == len(graph())


def drawn() -> ElementTree.Element:
    return ElementTree.fromstring(written(graph(), Format.SVG))


def groups(kind: str) -> dict[str, ElementTree.Element]:
    """By the first line of their tooltips; those in the legend have none."""
    found = ((group.findtext(f"{SVG}title"), group) for group in drawn().iter(f"{SVG}g") if group.get("class"))
    return {tip.split("\n")[0]: group for tip, group in found if tip and kind in str(group.get("class")).split()}


def test_svg_has_each_link_with_its_interfaces_and_cost() -> None:
    links = groups("link")
    assert {
        tip: (group.get("class"), *(text.text for text in group.iter(f"{SVG}text"))) for tip, group in links.items()
    } == {
        "s1:a -- s2:a": ("link up", "a", "a", "1"),
        "s1:b -- s2:b": ("link up", "b", "b", "10"),
        "hv1:eth0 -- s2:up": ("link up draining", "eth0", "up", "1"),
        "s1:c -- s3:c": ("link down draining", "c", "c", "7"),
    }
    assert all(len(group.findall(f"{SVG}line")) == 1 for group in links.values())
    tip = links["s1:a -- s2:a"].findtext(f"{SVG}title")
    assert tip == "s1:a -- s2:a\nup, cost 1, speed 2.5 Gbit/s, latency 0.25 ms"


def test_svg_has_each_switch_with_what_is_wrong_there() -> None:
    assert {tip: [text.text for text in group.iter(f"{SVG}text")] for tip, group in groups("switch").items()} == {
        "switch s1, connected": ["s1", "down: c, tap1"],
        "switch s2, connected": ["s2"],
        "switch s3, missing, draining": ["s3", "missing, draining"],
        "switch hv1, away": ["hv1", "192.0.2.1", "away"],
    }
    assert groups("outside").keys() == {"endpoint 198.51.100.9"}


def test_svg_has_each_port_in_the_colour_of_its_tenant() -> None:
    circles = [circle for circle in drawn().iter(f"{SVG}circle") if circle.find(f"{SVG}title") is not None]
    tips = {str(circle.findtext(f"{SVG}title")): circle for circle in circles}
    assert {tip: circle.get("class") for tip, circle in tips.items()} == {
        "port blue/given\ninterface s1:tap1 down\nnetwork blue/web\nMAC 02:00:00:00:00:01\nIP 10.0.0.1": "down",
        "port blue/free\ninterface s2:tap1 up\nnetwork blue/web\nMAC 02:00:00:00:00:02 learned": "up",
        "port red/trunk\ninterface hv1:gone missing\nnetwork red/db, red/db2": "missing",
        "port red/out\nnetwork red/db": "",
    }
    colours = {tip.split("/")[0]: circle.get("fill") for tip, circle in tips.items()}
    assert len(set(colours.values())) == 2
    assert len({(tip.split("/")[0], circle.get("fill")) for tip, circle in tips.items()}) == 2


def test_svg_is_the_same_every_time_and_within_its_frame() -> None:
    assert written(graph(), Format.SVG) == written(graph(), Format.SVG)
    root = drawn()
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    for box in root.iter(f"{SVG}rect"):
        if box.get("class") == "box":
            assert 0 <= float(box.attrib["x"]) <= width - float(box.attrib["width"])
            assert 0 <= float(box.attrib["y"]) <= height - float(box.attrib["height"])


def test_text() -> None:
    assert written(graph(), Format.TEXT).splitlines() == [
        "Switch  State              Endpoint   Interfaces  Down  Ports  Guests",
        "hv1     away               192.0.2.1  2           0     1      0",
        "s1      connected          -          4           2     1      1",
        "s2      connected          -          4           0     1      1",
        "s3      missing, draining  -          0           0     0      0",
        "",
        "Link               State           Cost  Speed       Latency",
        "hv1:eth0 -- s2:up  up, draining    1     -           -",
        "s1:a -- s2:a       up              1     2.5 Gbit/s  0.25 ms",
        "s1:b -- s2:b       up              10    1 Gbit/s    -",
        "s1:c -- s3:c       down, draining  7     -           -",
        "",
        '"<&>\\',
    ]


@pytest.mark.parametrize("form", list(Format))
def test_an_empty_fabric(form: Format) -> None:
    empty = fabric_graph(type(INTENT)(), type(FABRIC)())
    empty.graph.update(age="now", saved="2026-01-01T00:00:00Z", live=False)
    assert written(empty, form)
