"""Model cards for the Hugging Face hub: the scores as `model-index`, a table, costs, and a gallery.

The format is that of `modelcard.md` in github.com/huggingface/hub-docs. A task of the run is a
dataset with the protocol as its configuration; each score has its interval and n in `args`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bench.core.atomic import json_number, refuse_loss, whole_file, write_text
from bench.core.text import markdown_text
from bench.run.tables import COST_COLUMNS
from reports.costs import CostRow, cost_table
from reports.destinations.contents import Kept, gallery
from reports.export.markdown_table import line
from reports.table import Cell, Table, task_table

if TYPE_CHECKING:
    from bench.run.reader import Run

__all__ = ["write_cards"]

MARK = "# Written by siebench export, which replaces this file when it is called again."
_OURS = rb"\A---\n# Written by siebench export"

TASK_TYPE = "image-to-image"
"""The hub's own word for editing."""


def write_cards(run: Run, methods: list[Kept], folder: Path, *, force: bool = False) -> list[Path]:
    """Writes a card a method, `METHOD.md`, and its gallery beside it, in `METHOD/`.

    A card is the README.md of the method's own repository on the hub.

    Args:
        run: the run.
        methods: what is written.
        folder: where the cards go.
        force: replace files that siebench did not write.

    Returns:
        The cards.

    Raises:
        BadInput: a file that is somebody else's, or that cannot be written.
    """
    files = {one.method.slug: folder / f"{one.method.slug}.md" for one in methods}
    for file in files.values():
        refuse_loss(file, ours=_OURS, force=force)
    tables = [task_table(run, task) for task in run.header.tasks]
    for one in methods:
        slug = one.method.slug
        images = []
        for image in gallery(run, one.method):
            name = image.key.replace("/", "-")
            with whole_file(folder / slug / f"{name}.png") as temporary:
                temporary.write_bytes(image.png)
            images.append(f"![{markdown_text(image.caption)}]({slug}/{name}.png)")
        write_text(files[slug], _card(run, one, tables, images))
    return list(files.values())


def _card(run: Run, one: Kept, tables: list[Table], images: list[str]) -> str:
    head: dict[str, Any] = {
        "library_name": "siebench",
        "pipeline_tag": TASK_TYPE,
        "tags": ["image-editing", "inpainting", "semantic-image-editing", "siebench"],
        "model-index": [{"name": one.method.title, "results": list(_results(run, one))}],
    }
    front = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1000)
    body = [
        f"# {markdown_text(one.method.title)}",
        "",
        f"Measured by siebench, suite `{run.header.name}` ({markdown_text(run.header.title)}).",
        "",
        *(text for table in tables for text in _table(run, table, one)),
        *_costs(run, one),
        *(["## Gallery", "", "\n\n".join(images), ""] if images else []),
        "## What was measured",
        "",
        *(
            f"- {markdown_text(name)}: {markdown_text(value)}"
            for name, value in one.parameters.items()
        ),
        "",
    ]
    return f"---\n{MARK}\n{front}---\n\n" + "\n".join(body)


def _results(run: Run, one: Kept) -> Iterator[dict[str, Any]]:
    titles = {metric.name: metric for metric in run.header.metrics}
    whole = run.scores[(run.scores["of"] == "all") & (run.scores["method"] == one.method.name)]
    for task in run.header.tasks:
        rows = whole[(whole["task"] == task.name) & whole["value"].notna()].to_dict("records")
        metrics = [_metric(row, titles[row["metric"]].title) for row in rows]
        if metrics:
            yield {
                "task": {"type": TASK_TYPE, "name": task.title},
                "dataset": {
                    "type": task.dataset,
                    "name": task.dataset,
                    "config": task.protocol,
                    "split": str(task.record.get("subset") or "default"),
                    "args": {"edits": task.n, "operation": task.operation},
                },
                "metrics": metrics,
            }


def _metric(row: Mapping[Any, Any], title: str) -> dict[str, Any]:
    numbers = {name: json_number(row[name]) for name in ("low", "high", "level")}
    about = {name: value for name, value in numbers.items() if value is not None}
    about |= {"n": int(row["n"]), "scenes": int(row["clusters"]), "protocol": row["protocol"]}
    return {
        "type": str(row["metric"]),
        "name": title,
        "value": json_number(row["value"]),
        "args": about,
    }


def _table(run: Run, table: Table, one: Kept) -> list[str]:
    row = next((row for row in table.rows if row.name == one.method.name), None)
    if row is None:
        return []
    lines = [line(["Score", "Value", "95 % interval", "n"]), line([":--", "--:", "--:", "--:"])]
    for column, cell in zip(table.columns, row.cells):
        unit = f" ({markdown_text(column.unit)})" if column.unit else ""
        name = f"{markdown_text(column.title)}{unit} {column.arrow}".rstrip()
        lines.append(line([name, *_value(cell)]))
    peeks = ["", "The method sees the hidden pixels."] if row.sees_hidden else []
    about = [  # of another method it is no matter of this card
        notice.text
        for notice in run.header.notices
        if (notice.kind, notice.task) == ("bad", table.task)
        if notice.what == "metric" or notice.name == one.method.name
    ]
    suspect = [text for words in about for text in ("", f"**Suspect**: {markdown_text(words)}.")]
    return [f"## {markdown_text(table.title)}", "", *lines, *peeks, *suspect, ""]


def _value(cell: Cell) -> tuple[str, str, str]:
    if cell.value is None:
        return (f"— ({markdown_text(cell.reason)})" if cell.reason else "—", "", "")
    return (cell.text, cell.interval, str(cell.n))


def _costs(run: Run, one: Kept) -> Iterator[str]:
    costs = cost_table(run)
    rows: list[CostRow] = [row for row in costs.rows if row.name == one.method.name]
    shown = [cost for cost in COST_COLUMNS if cost in costs.columns]
    if not rows or not shown:
        return
    yield "## Costs"
    yield ""
    heads = [f"{cost.title}{f', {cost.unit}' if cost.unit else ''}" for cost in shown]
    yield line(["Task", *heads, "Device"])
    yield line([":--", *("--:" for _ in shown), ":--"])
    for row in rows:
        cells = [cost.text or "—" for cost in row.costs]
        yield line([markdown_text(row.task), *cells, markdown_text(row.device)])
    yield ""
