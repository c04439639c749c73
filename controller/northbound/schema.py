"""`tenantry schema`: the JSON Schema of the YAML form, for editors."""

from __future__ import annotations

import json
from typing import Any

import typer

from controller.intent.document import Document


def schema() -> None:
    """Print the JSON Schema of the YAML files.

    Editors with a YAML language server complete and explain the keys of a file that names the schema in its first line:
    # yaml-language-server: $schema=tenantry.schema.json

    Example: tenantry schema > tenantry.schema.json
    """
    typer.echo(json.dumps(json_schema(), indent=2))


def json_schema() -> dict[str, Any]:
    """The schema as a value, in the dialect that editors assume."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}
