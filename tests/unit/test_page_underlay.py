"""What is wrong between tunnel endpoints, as the page shows it in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from controller.core import Core
from controller.event_log import EventKind
from controller.fabric import underlay_paths
from controller.fabric.reachability import Goal
from controller.fabric.underlay_paths import UnderlayPaths
from controller.intent.model import Segment
from tests.browser import chromium, opened
from tests.unit.page_fabrics import large, leaf_spine
from tests.unit.page_site import expect_colour, expect_drawn, page_site

GOOD, BAD = {"switch", "host", "good"}, {"switch", "host", "bad"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


def break_ways(core: Core, *ways: underlay_paths.Path) -> None:
    """Let probes on these ways be lost."""
    for way in ways:
        for sent in range(underlay_paths.ENOUGH):
            core.paths.send(way, float(sent))
    core.paths.judge(10.0, lambda _: 10.0)


def test_an_endpoint_that_is_out_of_reach_is_marked_and_listed(browser: Browser, tmp_path: Path) -> None:
    core = leaf_spine()
    with page_site(tmp_path, core) as site, opened(browser, site.address) as page:
        expect(page.locator("#verdict")).to_have_text("All as it should be")
        expect_drawn(page, "s:hv1", GOOD)
        expect_drawn(page, "u:hv1", {"tunnel"})
        site.do(lambda: core.note_reach(frozenset({Goal("hv1", Segment.VXLAN), Goal("hv1", Segment.GRE)})))
        site.happens(EventKind.ENDPOINT_LOST, "out of reach over GRE and VXLAN", "warning", switch="hv1")
        expect(page.locator("#problem-list li")).to_have_text("hv1: endpoint out of reach by GRE, VXLAN")
        expect(page.locator("#verdict")).to_have_text("1 thing to look at")
        expect_drawn(page, "s:hv1", BAD)
        expect_drawn(page, "u:hv1", {"tunnel", "bad"})
        expect_colour(page, "u:hv1", "line-color", "rgb(207,48,39)")
        page.locator("#problem-list button").click()
        expect(page.locator("#detail .facts")).to_contain_text("Out of reachby GRE, VXLAN: nobody floods to it")
        site.do(lambda: core.note_reach(frozenset()))
        site.happens(EventKind.ENDPOINT_BACK, "in reach again over GRE and VXLAN", switch="hv1")
        expect(page.locator("#problems")).to_be_hidden()
        expect(page.locator("#detail .facts")).not_to_contain_text("Out of reach")
        expect_drawn(page, "u:hv1", {"tunnel", "on"})


def test_ways_that_are_broken_or_narrow_are_listed_by_pairs(browser: Browser, tmp_path: Path) -> None:
    core = leaf_spine()
    vxlan, gre = Segment.VXLAN, Segment.GRE
    break_ways(core, underlay_paths.Path("hv1", "hv2", vxlan), underlay_paths.Path("hv2", "hv1", vxlan))
    core.paths.narrow[underlay_paths.Path("hv1", "hv2", gre)] = 1400
    core.paths.narrow[underlay_paths.Path("hv3", "hv1", gre)] = 1450
    with page_site(tmp_path, core) as site, opened(browser, site.address) as page:
        narrow = "hv3 → hv1: GRE passes at most 1,450 bytes"
        expect(page.locator("#problem-list li")).to_have_text(
            ["hv1 → hv2: GRE passes at most 1,400 bytes, VXLAN broken", "hv2 → hv1: VXLAN broken", narrow]
        )
        for name in ("hv1", "hv2"):
            expect_drawn(page, f"u:{name}", {"tunnel", "busy"})
            expect_drawn(page, f"s:{name}", GOOD)
        expect_drawn(page, "u:hv3", {"tunnel"})
        page.locator("#problem-list button", has_text=narrow).click()
        expect(page.locator("#detail h3").first).to_have_text("Tunnels that do not work as they should")
        expect(page.locator(".pairs .row")).to_have_text(["hv3 → hv1GRE passes at most 1,450 bytes"])
        page.locator(".pairs .row").click()
        expect(page.locator("#detail h2")).to_have_text("hv1")
        expect(page.locator(".pairs .row .main > span:first-child")).to_have_text(
            ["hv1 → hv2", "hv2 → hv1", "hv3 → hv1"]
        )
        site.do(lambda: setattr(core, "paths", UnderlayPaths()))
        site.happens(EventKind.UNDERLAY_MENDED, "its endpoint reaches that of hv2 again over VXLAN", switch="hv1")
        expect(page.locator("#problems")).to_be_hidden()
        expect(page.locator(".pairs")).to_be_hidden()
        expect_drawn(page, "u:hv1", {"tunnel", "on"})


def test_of_very_many_ways_only_some_are_asked_for(browser: Browser, tmp_path: Path) -> None:
    core = large()
    near, far = ([f"leaf{number:03}" for number in range(at, at + 40)] for at in (1, 101))
    break_ways(core, *(underlay_paths.Path(one, other, Segment.VXLAN) for one in near for other in far))
    with page_site(tmp_path, core) as site, opened(browser, site.address) as page:
        rows = page.locator("#problem-list li")
        expect(rows).to_have_count(5)
        expect(rows.last).to_have_text("and at least 996 more ways between tunnel endpoints are broken")
        page.evaluate("location.hash = 'switch=leaf040'")
        found = page.locator(".pairs .row .main > span:first-child")
        expect(found.first).to_have_text("leaf040 → leaf101")
        page.locator(".pairs").press("End")
        expect(found.last).to_have_text("leaf040 → leaf140")
