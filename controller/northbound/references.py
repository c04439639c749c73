"""Prints the pages of the documentation that are made from the code, into `docs/` or another directory.

    python -m controller.northbound.references [DIRECTORY]

A test fails when a page in `docs/` is not what this prints.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

from apps.pipeline_page import render
from controller.api.app import make_app
from controller.api.reference_page import reference_page
from controller.api.sources import Sources
from controller.northbound.cli import app
from controller.northbound.commands_page import commands_page


class Nobody:
    """Stands in for all that questions are answered from: which there are does not depend on it."""

    version = "0"

    def __getattr__(self, name: str) -> Nobody:
        """Everything of nobody is nobody's."""
        return self


def pages() -> dict[str, str]:
    """Text of each page by the name of its file."""
    return {
        "api-reference.md": reference_page(make_app(cast(Sources, Nobody())).openapi()),
        "commands.md": commands_page(app),
        "pipeline.md": render(),
    }


def main() -> None:
    """Print all pages."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    for name, text in pages().items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()
