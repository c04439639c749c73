"""Asking why with a packet on the page, in a real browser: what is sent, and what is said of fields that are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, opened
from tests.unit.page_fabrics import leaf_spine
from tests.unit.page_site import expect_drawn, page_site

STRANGE = "02:00:00:00:00:02 02:00:00:00:00:77 0800"
"""The beginning of a frame that is not from blue/web1's own address."""
WAY = "delivered leaf1-eth1 → leaf1 → spine1 → leaf3 → leaf3-eth1, VLAN 101, 3 hops"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    with page_site(tmp_path, leaf_spine()) as site, opened(browser, site.address) as page:
        expect(page.locator("#live")).to_have_text("live")
        page.keyboard.press("w")
        yield page


def ask(page: Page, packet: str, sender: str = "blue/web1", receiver: str = "blue/web2") -> dict[str, list[str]]:
    """Ask; with which parameters the page asked the daemon."""
    for field, text in (("from", sender), ("to", receiver), ("packet", packet)):
        page.locator(f"#why-{field}").fill(text)
    with page.expect_request(lambda request: "/api/v1/why" in request.url) as asked:
        page.locator("#why-packet").press("Enter")
    return parse_qs(urlsplit(asked.value.url).query)


def test_a_packet_is_sent_as_it_is_written_and_its_way_is_drawn(page: Page) -> None:
    ends = {"from": ["blue/web1"], "to": ["blue/web2"]}
    good = page.locator("#why-answer .verdict-line.good")
    assert ask(page, "") == ends, "the daemon's own choice"
    expect(good).to_have_text(WAY)
    page.locator(".steps summary").click()
    steps = page.locator(".steps li").count()
    assert ask(page, " tcp/443 ") == {**ends, "packet": ["tcp/443"]}
    expect(good).to_have_text(WAY)
    assert page.locator(".steps li").count() == steps
    expect_drawn(page, "w:1", {"way", "delivered"})
    ask(page, STRANGE)
    expect(page.locator("#why-answer .verdict-line.bad")).to_contain_text("02:00:00:00:00:77")
    expect_drawn(page, "stop", {"stop", "blocked"})
    expect_drawn(page, "w:0", set())
    page.locator("#why-clear").click()
    expect(page.locator("#why-packet")).to_have_value("")
    expect_drawn(page, "stop", set())


@pytest.mark.parametrize(
    ("packet", "receiver", "field", "said"),
    [
        ("tcp/0", "blue/web2", "packet", "ports of tcp are 1 to 65535"),
        (
            *("<b>", "blue/web2", "packet"),
            "it is neither icmp, arp, tcp/PORT, udp/PORT, icmp6 or nd, nor a frame in hex",
        ),
        ("arp", "blue/nobody", "to", "there is no port blue/nobody"),
    ],
)
def test_what_is_wrong_is_said_below_its_field(page: Page, packet: str, receiver: str, field: str, said: str) -> None:
    ask(page, "icmp")
    expect_drawn(page, "w:0", {"way", "delivered"})
    ask(page, packet, receiver=receiver)
    expect(page.locator(f"#why-{field}-wrong")).to_have_text(said)
    for other in ("from", "to", "packet"):
        expect(page.locator(f"#why-{other}")).to_have_attribute("aria-invalid", str(other == field).lower())
        expect(page.locator(f"#why-{other}-wrong")).to_be_visible(visible=other == field)
    expect(page.locator("#why-answer")).to_be_empty()
    expect_drawn(page, "w:0", set())
    ask(page, "arp")
    expect(page.locator("#why-answer .verdict-line.good")).to_have_text(WAY)
    expect(page.locator(f"#why-{field}-wrong")).to_be_hidden()


def test_what_is_of_no_field_is_said_where_answers_are(page: Page) -> None:
    page.route("**/api/v1/why*", lambda route: route.abort())
    ask(page, "icmp")
    expect(page.locator("#why-answer .verdict-line.busy")).to_have_text("the daemon does not answer")
    expect(page.locator(".wrong:visible")).to_have_count(0)
