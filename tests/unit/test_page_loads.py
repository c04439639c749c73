"""How much passes over links, as the page shows it in a real browser; and that it asks only while that is in sight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.fabric.model import End
from tests.browser import PHONE, chromium, opened
from tests.unit.page_fabrics import SPINES, AllWell, large, leaf_spine
from tests.unit.page_site import PageSite, expect_colour, expect_drawn, page_site

LINK = "leaf2:leaf2-eth11 -- spine1:spine1-eth2"
LEAF, SPINE = End("leaf2", "leaf2-eth11"), End("spine1", "spine1-eth2")
RATES = "/api/v1/rates/links"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def switches() -> AllWell:
    return AllWell(core=leaf_spine(), passing={LEAF: 12_000_000, SPINE: 4_500_000_000})


@pytest.fixture
def site(tmp_path: Path, switches: AllWell) -> Iterator[PageSite]:
    assert switches.core
    with page_site(tmp_path, switches.core, switches=switches) as site:
        yield site


def test_links_show_how_much_passes(browser: Browser, site: PageSite, switches: AllWell) -> None:
    idle = {"link", "good", "up", "alone"}
    with opened(browser, site.address) as page:
        expect(page.locator(".busiest li")).to_have_text(["leaf2 ↔ spine112 Mbit/s →, 4.5 Gbit/s ←"])
        expect_drawn(page, f"l:{LINK}", idle | {"load3"})
        expect_drawn(page, "l:leaf1:leaf1-eth11 -- spine1:spine1-eth1", idle)
        expect_colour(page, f"l:{LINK}", "line-color", "rgb(129,38,179)")
        expect(page.locator(".legend .load")).to_be_visible()
        page.locator(".busiest button").click()
        said = page.locator("#detail .facts").nth(1)
        expect(said).to_have_text("Rate12 Mbit/s →, 4.5 Gbit/s ←Load45 % of 10 Gbit/sFrames/s12,000 →, 4,500,000 ←")
        switches.passing = {LEAF: 30_000_000}
        expect(said).to_have_text("Rate30 Mbit/s →, 0 bit/s ←Loadless than 1 % of 10 Gbit/sFrames/s30,000 →, 0 ←")
        expect_drawn(page, f"l:{LINK}", idle | {"on"})
        site.break_link(LINK)
        expect(page.locator("#detail .facts").first).to_contain_text("just lost")
        expect(said).to_be_hidden()


def test_a_link_that_is_pointed_at_says_what_passes(browser: Browser, site: PageSite) -> None:
    with opened(browser, site.address) as page:
        expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone", "load3"})
        middle = "async (id) => (await import('/page/main.js')).drawing.middleOf(id)"
        at, box = page.evaluate(middle, f"l:{LINK}"), page.locator("#drawing").bounding_box()
        assert box
        page.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
        expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone", "load3", "hover"})
        expect_colour(
            *(page, f"l:{LINK}", "label"),
            "leaf2 ↔ spine1 · 12 Mbit/s →, 4.5 Gbit/s ← · 10 Gbit/s · 0.30 ms",
        )
        page.mouse.move(0, 0)
        expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone", "load3"})


def test_of_more_links_than_one_answer_has_the_chosen_one_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    core = large()
    quiet = next(link for link in core.fabric.links if link.a.switch == "leaf192")
    passing = {link.a: 9_500_000_000 for link in core.fabric.links} | {quiet.a: 2_000_000_000}
    with (
        page_site(tmp_path, core, switches=AllWell(core=core, passing=passing)) as site,
        opened(browser, site.address) as page,
    ):
        busy = f"l:leaf001:leaf001-up0 -- spine{SPINES}:spine{SPINES}-leaf001".replace("up0", f"up{SPINES - 1}")
        expect_drawn(page, busy, {"link", "good", "up", "alone", "many", "load4"})
        expect_drawn(page, f"l:{quiet}", {"link", "good", "up", "alone", "many"})
        page.evaluate("(link) => { location.hash = new URLSearchParams({ link }) }", str(quiet))
        expect(page.locator("#detail .facts").nth(1)).to_contain_text("20 % of 10 Gbit/s")


def asked(page: Page) -> list[str]:
    """Where the page asks from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append("/" + request.url.split("/", 3)[3].partition("?")[0]))
    return found


def test_who_looks_elsewhere_asks_nothing(browser: Browser, site: PageSite) -> None:
    with opened(browser, "about:blank") as page:
        page.clock.install()
        page.goto(site.address)
        expect(page.locator("#live")).to_have_text("live")
        page.clock.run_for(2_000)
        expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone", "load3"})
        found = asked(page)
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away ?? true })")
        page.clock.run_for(60_000)
        assert RATES not in found
        with page.expect_request(lambda request: RATES in request.url):
            page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_a_phone_asks_while_the_drawing_or_a_link_is_in_sight(browser: Browser, site: PageSite) -> None:
    with opened(browser, "about:blank", PHONE) as page:
        page.clock.install()
        page.goto(site.address)
        expect(page.locator("#live")).to_have_text("live")
        for view, hash, is_asked in (
            ("fabric", "", True),
            ("find", "", False),
            ("details", "", False),
            ("details", f"link={LINK}", True),
            ("events", f"link={LINK}", False),
        ):
            page.evaluate("(hash) => { location.hash = hash }", hash)
            page.locator(f"#view-{view}").click()
            if is_asked:
                with page.expect_response(lambda response: RATES in response.url):
                    page.clock.run_for(6_000)
                continue
            found = asked(page)
            for _ in range(3):
                with page.expect_request(lambda request: "/status" in request.url):
                    page.clock.run_for(6_000)
            assert RATES not in found, (view, hash)
