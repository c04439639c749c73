"""A headless Chromium for tests of the page: a child of the test, driven over a pipe, with all of its files below one
directory, and ended with the test. It is Debian's; Playwright's own is not needed.

A test without Chromium fails: what people see first is not left untested in silence.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

NAMES = ("chromium-headless-shell", "chromium")
DESKTOP = ViewportSize(width=1440, height=900)
PATIENCE = 40.0
"""Seconds that anything may take on a loaded machine; nothing is measured by it."""
PHONE = ViewportSize(width=390, height=844)


@contextmanager
def chromium(directory: Path) -> Iterator[Browser]:
    """A browser that runs."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None and os.environ.get("TENANTRY_WITHOUT_BROWSER"):
        pytest.skip("`./run test` found no package with a Chromium")
    if program is None:
        pytest.fail("there is no Chromium: apt-get install chromium-headless-shell")
    expect.set_options(timeout=1000 * PATIENCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(directory))
        with sync_playwright() as playwright:
            # Names lead nowhere: whatever a browser would like to ask its maker stays here.
            nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
            browser = playwright.chromium.launch(executable_path=program, args=[nowhere], env={**os.environ})
            try:
                yield browser
            finally:
                browser.close()


@contextmanager
def opened(
    browser: Browser, address: str, size: ViewportSize = DESKTOP, *, dark: bool = False, caused: str = "no error"
) -> Iterator[Page]:
    """The page at an address. Errors in its console fail the test, but for those that it `caused`, named by a part."""
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        page.goto(address)
        yield page
        # An answer that is an error is the browser's to mention, and the page's to handle.
        assert [text for text in complaints if "Failed to load resource" not in text and caused not in text] == []
    finally:
        context.close()
