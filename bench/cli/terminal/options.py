"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Allow", "Data", "Fetch", "JsonFile", "SuiteFile", "TrustPlugin", "TrustSuite"]

Allow = Annotated[
    list[str] | None,
    typer.Option(metavar="FIELD", help="A protocol field that may differ; repeatable."),
]
"""The option `--allow` of commands that compare."""

Data = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=PATH", help="Where a dataset lies; may be given often."),
]
"""The option `--data` of commands that carry out edits or score them; see `bench.run.data.parse_data`."""

Fetch = Annotated[
    bool,
    typer.Option(
        "--fetch",
        help="Fetch missing weights from their official address, and pipelines from their hub.",
    ),
]
"""The option `--fetch` of commands that make a suite's methods and metrics."""

JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
]
"""The option `--json` of commands that compare."""

SuiteFile = Annotated[
    Path | None,
    typer.Option(help="The suite's file, for its paths: a run keeps no folder of a machine."),
]
"""The option `--suite` of commands that go on from a run."""

TrustPlugin = Annotated[bool, typer.Option("--trust", help="Import package.module:attribute.")]
"""The option `--trust` of commands that are given a plugin by name."""

TrustSuite = Annotated[
    bool,
    typer.Option(
        "--trust", help="Run what the suite names: programs, modules, files that carry code."
    ),
]
"""The option `--trust` of commands that make a suite's methods and metrics."""
