"""How long frames of the page take with 200 switches and 10,000 networks: `python -m tests.unit.page_frames`.

Each thing that a user does is done several times on a page that is loaded, in headless Chromium, which draws without a
graphics card. A figure is the longest time between two frames, in milliseconds: the best of all times, as what else
runs on the machine only makes it longer, and the worst.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from controller.event_log import EventKind
from tests.browser import chromium, opened
from tests.unit.page_fabrics import NETWORKS, AllWell, large
from tests.unit.page_site import PageSite, page_site

TIMES = 5
LINK = "leaf050:leaf050-up3 -- spine4:spine4-leaf050"
WATCH = """() => {
  let last = performance.now();
  window.longest = 0;
  const look = (now) => {
    window.longest = Math.max(window.longest, now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def main() -> None:
    """Measure and print."""
    core = large()
    switches = AllWell(core=core)
    with (
        tempfile.TemporaryDirectory() as name,
        chromium(Path(name)) as browser,
        page_site(Path(name), core, switches=switches) as site,
        opened(browser, site.address) as page,
    ):
        expect(page.locator("#count-networks")).to_have_text(f"{NETWORKS:,}")
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        for what, action in actions(page, site, switches).items():
            found = sorted(longest(page, action, number) for number in range(TIMES))
            print(f"{what:34} best {found[0]:4.0f} ms, worst {found[-1]:4.0f} ms", flush=True)


def longest(page: Page, action: Callable[[int], None], number: int) -> float:
    """The longest frame while something is done, and a second after."""
    page.evaluate("window.longest = 0")
    action(number)
    page.wait_for_timeout(1000)
    found = float(page.evaluate("window.longest"))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    return found


def actions(page: Page, site: PageSite, switches: AllWell) -> dict[str, Callable[[int], None]]:
    """What is done, by what it is called; each is given how often it was done before."""

    def choose(name: str) -> None:
        page.locator("#search").fill(name)
        page.locator("#found .row").first.click()

    def tenant(number: int) -> None:
        page.locator("#tab-tenants").click()
        choose(f"tenant0{number}")

    def drag(_: int) -> None:
        page.mouse.move(700, 300)
        page.mouse.down()
        for step in range(30):
            page.mouse.move(700 + 5 * step, 300 + 3 * step)
            page.wait_for_timeout(16)
        page.mouse.up()
        page.locator("#zoom-fit").click()

    def turn(number: int) -> None:
        page.mouse.move(700, 300)
        for _ in range(15):
            page.mouse.wheel(0, 60 if number % 2 else -60)
            page.wait_for_timeout(30)

    def scroll(_: int) -> None:
        for step in range(40):
            page.evaluate("(to) => { document.getElementById('found').scrollTop = to }", 9000 * step)
            page.wait_for_timeout(30)

    def load(number: int) -> None:
        bits = 0 if number % 2 else 9_500_000_000
        switches.passing = {link.a: bits for link in site.site.core.fabric.links}
        page.wait_for_timeout(11_000)

    def flood(_: int) -> None:
        def add() -> None:
            for number in range(1000):
                site.site.events.add(0.0, EventKind.ADDRESS_LEARNED, "info", f"address {number}", {"switch": "leaf001"})

        site.do(add)

    return {
        "nothing": lambda _: page.wait_for_timeout(2000),
        "search, letter by letter": lambda _: page.locator("#search").press_sequentially("tenant42/net4", delay=40),
        "scroll through all networks": scroll,
        "choose a VLAN network": lambda number: choose(f"net39{number}7"),
        "choose an overlay network": lambda number: choose(f"net88{number}8"),
        "choose a tenant, on most switches": tenant,
        "drag the drawing": drag,
        "zoom": turn,
        "a link breaks, or comes back": lambda number: site.mend_link(LINK) if number % 2 else site.break_link(LINK),
        "all links are full, or none is": load,
        "1,000 events at once": flood,
        "light and dark": lambda _: page.locator("#theme").click(),
    }


if __name__ == "__main__":
    main()
