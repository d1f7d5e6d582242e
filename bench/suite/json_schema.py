"""The JSON Schema of suite files, for editors that complete and check YAML.

The package carries it as a file, so that an editor has something to point at. After a change of the
model: `siebench suites schema > bench/suite/suite.schema.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["SHIPPED_SCHEMA", "suite_schema", "suite_schema_text"]

SHIPPED_SCHEMA = Path(__file__).parent / "suite.schema.json"
"""The schema as the package carries it."""


def suite_schema() -> dict[str, Any]:
    """The schema as the model has it: what a file may hold, short forms included."""
    from bench.suite.schema import Suite

    schema = Suite.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def suite_schema_text() -> str:
    """The schema as the shipped file has it."""
    return json.dumps(suite_schema(), indent=1, ensure_ascii=False) + "\n"
