"""The page of a running daemon that has real switches: a wire is cut, and the browser shows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, opened
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.unit.page_site import expect_drawn, expect_lit

pytestmark = pytest.mark.ovs

LINK = "s1:s1-eth11 -- s2:s2-eth11"


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("page")) as installation:
        yield installation


@pytest.fixture
def page(ring: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    ring.daemon.stop()
    address = ring.daemon.serve_page()
    ring.start()
    assert f'message="the page is at {address}"' in ring.log()
    with chromium(tmp_path_factory.mktemp("browser")) as browser, opened(browser, address) as page:
        yield page


def test_a_wire_that_is_cut_turns_red(ring: Installation, page: Page) -> None:
    expect(page.locator("#verdict")).to_have_text("All as it should be")
    expect(page.locator("#figures")).to_contain_text("switches 4/4 in sync")
    page.keyboard.press("/")
    page.keyboard.type("blue/db")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_contain_text("blue/db")
    links = page.request.get(f"{page.url.partition('#')[0]}api/v1/networks/blue/db/tree").json()["links"]
    expect_lit(page, {"s:s1", "s:s3", *(f"l:{link}" for link in links)})
    assert len(links) == 2
    for port in ("blue/db1", "blue/trunk1"):
        page.locator(".ports .row", has_text=port).click()
    expect(page.locator("#why-answer .verdict-line.good")).to_contain_text("VLAN 102, 3 hops")
    for number in range(2):
        expect_drawn(page, f"w:{number}", {"way", "delivered"})
    page.locator("#why-packet").fill("tcp/443")
    with page.expect_response(lambda response: "packet=tcp%2F443" in response.url):
        page.locator("#why-packet").press("Enter")
    expect(page.locator("#why-answer .verdict-line.good")).to_contain_text("VLAN 102, 3 hops")
    for _ in range(3):
        page.keyboard.press("Escape")
    ring.lab.set_link("s1", "s1-eth11", "down")
    try:
        expect(page.locator("#problem-list")).to_contain_text("link s1 ↔ s2: just lost")
        expect_drawn(page, f"l:{LINK}", {"link", "bad", "gone", "alone"})
        expect(page.locator("#events")).to_contain_text(f"link down: {LINK}")
    finally:
        ring.lab.set_link("s1", "s1-eth11", "up")
    expect(page.locator("#events")).to_contain_text(f"link up: {LINK}")
    expect(page.locator("#problems")).to_be_hidden()
    expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone"})


def test_a_link_has_what_its_switches_count(page: Page) -> None:
    expect(page.locator("#verdict")).to_have_text("All as it should be")
    page.evaluate("(link) => { location.hash = new URLSearchParams({ link }) }", LINK)
    expect(page.locator("#detail .facts").nth(1)).to_contain_text("% of 10 Gbit/s")
