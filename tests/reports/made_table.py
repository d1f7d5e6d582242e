"""A made run that reproduces a published table: SPADE's mIoU on COCO-Stuff, for tests."""

from __future__ import annotations

import json
from pathlib import Path

from tests.reports.made_run import make_run

SPADE = "SPADE (CVPR 2019, arXiv 1903.07291)"
KEY = {"dataset": "COCO-Stuff", "task": "label-to-image synthesis", "metric": "mIoU"}


def column(**changes: object) -> dict[str, object]:
    plain = {
        "task": "scenes / free-form", "metric": "miou", "title": "mIoU", "better": "higher",
        "scale": 100, "published": KEY, "tolerance": {"absolute": 50},
        "expects": {"composite": "known-bytes"},
    }  # fmt: skip
    return plain | changes


def with_table(
    folder: Path,
    *columns: dict[str, object],
    rows: list | None = None,
    edits: int = 2,
    methods: int = 2,
    **fields: object,
) -> Path:
    """A run on one task, with a table that has `fields`; two methods are copy and diffusion."""
    run = make_run(folder, edits=edits, methods=methods, tasks=1)
    content = json.loads((run / "run.json").read_text())
    plain = [{"method": "diffusion", "title": "ours", "published": "SPADE"}]
    table = {
        "papers": [SPADE],
        "name": "Table 1",
        "columns": columns,
        "rows": rows or plain,
        **fields,
    }
    content["suite"]["table"] = table
    (run / "run.json").write_text(json.dumps(content))
    return run


def trained_unlike(run: Path) -> str:
    """Makes the first two methods of a run networks of one editor; what is said of their trainings."""
    content = json.loads((run / "run.json").read_text())
    first, second = content["methods"][:2]
    for one, examples in ((first, 64000), (second, 12000)):
        one |= {"editor": "spmpgan", "needs": [], "recipe": {"seed": 0, "examples": examples}}
    (run / "run.json").write_text(json.dumps(content))
    return (
        f"{second['title']}: trained otherwise than {first['title']} (examples: 12000 against 64000), "
        "so their differences are not those of the networks alone."
    )


def with_notice(folder: Path, text: str) -> Path:
    """A run of two tasks, the second of which the canaries found wrong."""
    run = make_run(folder, edits=2, methods=2, tasks=2)
    content = json.loads((run / "run.json").read_text())
    where = {"kind": "bad", "task": "scenes / removal", "what": "metric", "name": "psnr"}
    content["notices"] = [where | {"text": text}]
    (run / "run.json").write_text(json.dumps(content))
    return run
