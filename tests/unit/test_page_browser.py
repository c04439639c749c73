"""The page in a real browser: what is seen, chosen and typed, before a daemon's server without switches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from controller.event_log import EventKind
from tests.browser import PHONE, chromium, opened
from tests.unit import api_site
from tests.unit.free_port import free_port
from tests.unit.page_fabrics import LEAVES, NETWORKS, PER_NETWORK, large, leaf_spine
from tests.unit.page_site import PageSite, expect_colour, expect_drawn, expect_lit, page_site

LINK = "leaf2:leaf2-eth11 -- spine1:spine1-eth2"
RUNS_WEB = ("hv4", "leaf1", "leaf3")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PageSite]:
    with page_site(tmp_path, leaf_spine()) as site:
        yield site


@pytest.fixture(scope="module")
def quiet_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One that tests leave as it is."""
    with page_site(tmp_path_factory.mktemp("quiet"), leaf_spine()) as site, opened(browser, site.address) as page:
        yield page


@pytest.fixture
def page(browser: Browser, site: PageSite) -> Iterator[Page]:
    with opened(browser, site.address) as page:
        expect(page.locator("#live")).to_have_text("live")
        yield page


def choose(page: Page, name: str) -> None:
    page.locator("#search").fill(name)
    page.locator("#found .row").first.click()
    expect(page.locator("#detail h2")).to_contain_text(name)


def ask(page: Page, sender: str, receiver: str) -> None:
    page.keyboard.press("w")
    page.locator("#why-from").fill(sender)
    page.locator("#why-to").fill(receiver)
    page.keyboard.press("Enter")


def test_it_says_that_all_is_well_and_draws_it(page: Page) -> None:
    expect(page.locator("#verdict")).to_have_text("All as it should be")
    expect(page.locator("#problems")).to_be_hidden()
    expect(page.locator("#figures")).to_contain_text("switches 10/10 in sync")
    for tab, count in (("networks", "7"), ("tenants", "3"), ("switches", "10")):
        expect(page.locator(f"#count-{tab}")).to_have_text(count)
    expect_drawn(page, "s:spine1", {"switch", "transit", "good"})
    expect_drawn(page, "s:hv1", {"switch", "host", "good"})
    expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone"})
    expect_drawn(page, "u:hv1", {"tunnel"})
    expect(page.locator("#drawing")).to_have_attribute("aria-label", "The fabric: 10 switches, 12 links")


def test_a_network_is_found_and_chosen_by_keys_alone(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("vlan 101")
    expect(page.locator("#found .row")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#found")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("blue/webVLAN 101")
    expect(page.locator("#detail .chip")).to_have_text(["hv4", "leaf1", "leaf3"])
    expect(page.locator(".ports .row")).to_have_count(3)
    expect(page.locator(".ports .row").first).to_contain_text("leaf1:leaf1-eth1 · 02:00:00:00:00:01 · 10.0.0.1")
    assert page.url.endswith("#network=blue%2Fweb")
    # Its tree by the daemon's own account.
    tree = page.request.get(f"{page.url.partition('#')[0]}api/v1/networks/blue/web/tree").json()["links"]
    assert len(tree) == 4
    expect_lit(page, {f"s:{name}" for name in RUNS_WEB} | {f"l:{link}" for link in tree})
    for _ in range(2):
        page.keyboard.press("Escape")
    expect(page.locator("#search")).to_have_value("")
    expect(page.locator("#detail .tile")).to_have_count(6)
    expect_drawn(page, "veil", set())
    page.go_back()
    expect(page.locator("#detail h2")).to_contain_text("blue/web")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#detail .tile")).to_have_count(6)


def test_an_overlay_network_shows_its_tunnels(page: Page) -> None:
    choose(page, "red/db")
    tunnels = {f"{kind}:{name}" for kind in "su" for name in ("hv1", "hv2", "hv3")}
    expect_lit(page, {"underlay", *tunnels})


def test_keys_move_in_lists(page: Page) -> None:
    page.locator("#found").focus()
    current = page.locator("#found .row.current .main")
    for key, name in (("ArrowDown", "blue/log"), ("End", "red/web"), ("ArrowUp", "red/log"), ("Home", "blue/db")):
        page.keyboard.press(key)
        expect(current).to_have_text(name)
    active = page.locator("#found").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("role") == "option"
    page.locator("#tab-networks").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-tenants")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#found .row .main")).to_have_text(["blue", "operator", "red"])


def test_why_is_told_and_drawn(page: Page) -> None:
    choose(page, "blue/web")
    page.locator(".ports .row").nth(0).click()
    expect(page.locator(".ports .row .badge")).to_have_text(["from"])
    page.locator(".ports .row").nth(1).click()
    said = page.locator("#why-answer .verdict-line.good")
    expect(said).to_have_text("delivered leaf1-eth1 → leaf1 → spine1 → leaf3 → leaf3-eth1, VLAN 101, 3 hops")
    expect(page.locator("#why-answer .back")).to_contain_text("Back: delivered, leaf3-eth1 → leaf3 → spine1")
    page.locator(".steps summary").click()
    expect(page.locator(".steps li").first).to_contain_text(
        "leaf1 · classifyaccess: enters (network blue/web port blue/web1)cookie=0x7e"
    )
    for number, classes in enumerate([{"way", "delivered"}, {"way", "delivered"}, set()]):
        expect_drawn(page, f"w:{number}", classes)
    expect_drawn(page, "p:blue/web1", {"port"})
    expect_lit(page, {"s:leaf1", "s:leaf3", "s:spine1"})
    page.locator("#why-swap").click()
    expect(said).to_contain_text("delivered leaf3-eth1 → leaf3")
    page.locator("#why-clear").click()
    expect_drawn(page, "w:0", set())
    expect_drawn(page, "s:hv4", {"switch", "host", "good", "on", "large"})


def test_where_a_frame_ends_is_marked(page: Page) -> None:
    ask(page, "blue/web1", "red/web2")
    expect(page.locator("#why-answer .verdict-line.bad")).to_have_text(
        "blocked different networks (blue/web and red/web)"
    )
    expect_drawn(page, "stop", {"stop", "blocked"})
    expect_drawn(page, "p:red/web2", {"port"})
    ask(page, "blue/log1", "blue/log2")
    expect(page.locator("#why-answer .verdict-line.good")).to_contain_text("Geneve 70002, 2 hops")
    expect_drawn(page, "stop", set())
    expect_drawn(page, "w:0", {"way", "delivered"})


def test_what_cannot_be_answered(page: Page) -> None:
    ask(page, "blue/web1", "blue/<b>web</b>9")
    expect(page.locator("#why-to-wrong")).to_have_text("there is no port blue/<b>web</b>9")


def test_a_link_that_breaks_turns_red_and_comes_back(page: Page, site: PageSite) -> None:
    expect_colour(page, f"l:{LINK}", "line-color", "rgb(169,180,194)")
    site.break_link(LINK)
    expect(page.locator("#problem-list li")).to_have_text("link leaf2 ↔ spine1: just lost")
    expect(page.locator("#verdict")).to_have_text("1 thing to look at")
    expect(page.locator("#events .row").first).to_contain_text(f"link-downlink down: {LINK}")
    expect_drawn(page, f"l:{LINK}", {"link", "bad", "gone", "alone"})
    expect_colour(page, f"l:{LINK}", "line-color", "rgb(207,48,39)")
    page.locator("#problem-list button").click()
    expect(page.locator("#detail .facts").first).to_contain_text("just lost")
    site.mend_link(LINK)
    expect(page.locator("#detail .facts").first).to_contain_text("Stateup")
    expect(page.locator("#problems")).to_be_hidden()
    expect_drawn(page, f"l:{LINK}", {"link", "good", "up", "alone", "on"})


def test_what_is_wrong_comes_first(browser: Browser, tmp_path: Path) -> None:
    with (
        page_site(tmp_path, api_site.core_of(), switches=api_site.Switches()) as site,
        opened(browser, site.address) as page,
    ):
        expect(page.locator("#problem-list li")).to_have_text(
            [
                "s3: never seen",
                "link s1 ↔ s3: missing",
                "s1: endpoint out of reach by VXLAN",
                "s2 → s1: GRE passes at most 1,400 bytes, VXLAN broken",
                "red/db: refused by s2",
                "s2: changing",
                "1 port blocked: looped outside",
                "1 network without a key",
            ]
        )
        expect_drawn(page, "l:s1:wire9 -- s3:wire9", {"link", "bad", "down", "alone"})
        expect_drawn(page, "s:s3", {"switch", "transit", "bad", "missing"})
        choose(page, "red/db")
        expect_drawn(page, "e:203.0.113.9", {"outside"})


def test_events_go_on_over_a_restart_of_the_daemon(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    latest = "#events .row >> nth=0"
    with ExitStack() as stack:
        with page_site(tmp_path, leaf_spine(), port) as before:
            page = stack.enter_context(opened(browser, before.address))
            expect(page.locator("#live")).to_have_text("live")
            before.happens(EventKind.SWITCH_LOST, "no session", switch="leaf1")
            expect(page.locator(latest)).to_contain_text("switch-lostleaf1 · no session")
        expect(page.locator("#live")).to_have_text("connecting")
        after = stack.enter_context(page_site(tmp_path, leaf_spine(), port))
        after.happens(EventKind.SWITCH_CONNECTED, "back", switch="leaf1")
        expect(page.locator("#live")).to_have_text("live")
        kinds = ["switch-connected", "switch-lost", "link-down", "address-learned", "switch-connected"]
        expect(page.locator("#events .kind")).to_have_text(kinds)
        page.locator(latest).click()
        expect(page.locator("#detail h2")).to_have_text("leaf1")
        page.close()


def test_what_was_pressed_is_chosen_though_rows_move_on(page: Page, site: PageSite) -> None:
    site.happens(EventKind.SWITCH_LOST, "no session", switch="leaf1")
    expect(page.locator("#events .row").first).to_contain_text("leaf1 · no session")
    page.locator("#events .row").first.hover()
    page.mouse.down()
    site.happens(EventKind.SWITCH_LOST, "no session", switch="leaf2")
    expect(page.locator("#events .row").first).to_contain_text("leaf2 · no session")
    page.mouse.up()
    expect(page.locator("#detail h2")).to_have_text("leaf1")


def test_the_token_is_asked_for_and_kept_for_this_tab(browser: Browser, tmp_path: Path) -> None:
    token = "0123456789abcdef"
    with page_site(tmp_path, leaf_spine(), token=token.encode()) as site, opened(browser, site.address) as page:
        expect(page.locator("#sign-in")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator("#sign-in")).to_be_visible()
        for given, is_wrong in (("wrong", True), (token, False)):
            page.locator("#token").fill(given)
            page.keyboard.press("Enter")
            if is_wrong:
                expect(page.locator("#sign-in-wrong")).to_be_visible()
        expect(page.locator("#live")).to_have_text("live")
        expect(page.locator("#sign-in")).to_be_hidden()
        assert page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [1, 0, ""]
        page.reload()
        expect(page.locator("#live")).to_have_text("live")


def test_what_others_wrote_is_text(browser: Browser, tmp_path: Path) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    core = leaf_spine()
    networks = {**core.situation.intent.networks}
    networks["blue/web"] = replace(networks["blue/web"], description=evil)
    keys = dict(core.situation.keys)
    core.adopt(replace(core.situation.intent, networks=networks), keys)
    with page_site(tmp_path, core) as site, opened(browser, site.address, caused="TrustedHTML") as page:
        expect(page.locator("#live")).to_have_text("live")
        site.happens(EventKind.PROBLEM, evil, "error", switch="leaf1", interface=evil)
        expect(page.locator("#events .row").first).to_contain_text(f"leaf1 · {evil}")
        choose(page, "blue/web")
        expect(page.locator("#detail .description")).to_have_text(evil)
        assert page.locator("#detail img, #events img, #detail script, #events script").count() == 0
        assert page.title() == "Tenantry"
        refused = "() => { try { document.body.innerHTML = '<b>' } catch (error) { return error.name } }"
        assert page.evaluate(refused) == "TypeError"


def test_ten_thousand_networks(browser: Browser, tmp_path: Path) -> None:
    with page_site(tmp_path, large()) as site, opened(browser, site.address) as page:
        expect(page.locator("#count-networks")).to_have_text(f"{NETWORKS:,}")
        page.locator("#found").focus()
        page.keyboard.press("End")
        expect(page.locator("#found .row.current .main")).to_have_text("tenant99/net9999")
        assert page.locator("#found .row").count() < 50
        choose(page, "tenant42/net4242")
        expect(page.locator("#count-networks")).to_have_text("1")
        leaves = [f"leaf{(7 * 4242 + which * 31) % LEAVES + 1:03}" for which in range(PER_NETWORK)]
        expect_lit(page, {"underlay"} | {f"{kind}:{leaf}" for kind in "su" for leaf in leaves})


def test_light_and_dark(browser: Browser, site: PageSite) -> None:
    with opened(browser, site.address, dark=True) as page:
        expect(page.locator("#live")).to_have_text("live")
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) == "rgb(15, 20, 27)"
        expect_colour(page, "s:spine1", "background-color", "rgb(23,29,38)")
        page.locator("#theme").click()
        assert page.evaluate(ground) == "rgb(244, 246, 249)"
        expect_colour(page, "s:spine1", "background-color", "rgb(255,255,255)")
        page.reload()
        assert page.evaluate(ground) == "rgb(244, 246, 249)"


def test_a_phone(browser: Browser, site: PageSite) -> None:
    with opened(browser, site.address, PHONE) as page:
        expect(page.locator("#live")).to_have_text("live")
        seen = {"fabric": "#drawing", "find": "#search", "details": "#detail", "events": "#events"}
        for view in seen:
            page.locator(f"#view-{view}").click()
            for other, its in seen.items():
                assert page.locator(its).is_visible() == (other == view), (view, other)
            assert page.evaluate("document.scrollingElement.scrollWidth") == PHONE["width"]
        page.locator("#view-find").click()
        page.locator("#found .row").first.click()
        expect(page.locator("#detail h2")).to_contain_text("blue/db")


def test_an_event_stream_may_be_cut_anywhere(quiet_page: Page) -> None:
    text = 'retry: 2000\n\nevent: link-up\r\nid: 7\ndata: {"a":\ndata: 1}\n\n:\n\nid: 8\ndata: x: y\n\n'
    found = quiet_page.evaluate(
        """async (text) => {
          const { SseParser } = await import("/page/sse.js");
          return [...Array(text.length).keys()].map((at) => {
            const parser = new SseParser();
            return JSON.stringify([...parser.feed(text.slice(0, at)), ...parser.feed(text.slice(at))]);
          });
        }""",
        text,
    )
    whole = r'[{"kind":"link-up","id":"7","data":"{\"a\":\n1}"},{"kind":"message","id":"8","data":"x: y"}]'
    assert set(found) == {whole}


def test_places_follow_from_the_fabric_alone(quiet_page: Page) -> None:
    places = """async ([names, low, pairs]) => {
      const { layoutOf } = await import("/page/layout.js");
      return [...layoutOf(names, new Set(low), pairs)].sort();
    }"""
    spines, leaves = ["a1", "a2"], [f"b{number}" for number in range(4)]
    pairs = [[spine, leaf] for spine in spines for leaf in leaves]
    found = quiet_page.evaluate(places, [spines + leaves, leaves, pairs])
    turned = [leaves[::-1] + spines[::-1], leaves[::-1], [pair[::-1] for pair in pairs[::-1]]]
    assert found == quiet_page.evaluate(places, turned)
    heights = {name: at["y"] for name, at in found}
    assert len({heights[name] for name in leaves}) == 1
    assert heights["a1"] == heights["a2"] < heights["b0"]
    ring = [f"s{number}" for number in range(7)]
    circle = quiet_page.evaluate(places, [ring, ring, [[one, ring[(at + 1) % 7]] for at, one in enumerate(ring)]])
    for number, (one, at) in enumerate(circle):
        for other, there in circle[:number]:
            assert abs(at["x"] - there["x"]) >= 96 or abs(at["y"] - there["y"]) >= 40, (one, other)


def test_names_are_read_without_the_drawing(quiet_page: Page) -> None:
    expect(quiet_page.locator("#count-networks")).to_have_text("7")
    snapshot = quiet_page.locator("body").aria_snapshot()
    for line in ('searchbox "Search"', 'listbox "', 'tab "Networks 7"', 'listbox "Events, the latest first"'):
        assert re.search(re.escape(line), snapshot), snapshot
