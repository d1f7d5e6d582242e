"""The shipped JSON Schema is the model's, and takes what a suite file may hold."""

from pathlib import Path

import pytest
import yaml

from bench.suite.json_schema import SHIPPED_SCHEMA, suite_schema, suite_schema_text
from bench.suite.schema import suite_names

SUITES = Path(__file__).parents[3] / "bench" / "suite" / "shipped"


def wrong(text: str) -> list[str]:
    """The places that the schema finds fault with, by an independent validator."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema, of the extra dev")
    errors = jsonschema.Draft202012Validator(suite_schema()).iter_errors(yaml.safe_load(text))
    return [".".join(map(str, error.path)) for error in errors]


def test_the_shipped_file_is_what_the_model_says() -> None:
    assert SHIPPED_SCHEMA.read_text(encoding="utf-8") == suite_schema_text()


@pytest.mark.parametrize("name", suite_names())
def test_every_shipped_suite_with_its_short_forms_fits_it(name: str) -> None:
    assert wrong((SUITES / f"{name}.yaml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("methods: [copy]", None),
        ("methods: [{editor: folder, options: {path: x}}]", None),
        ("methods: [{name: mine}]", "methods.0"),
        ("metrics: [psnr, {name: fid}]", None),
        ("metrics: [3]", "metrics.0"),
        ("composite: blend", "composite"),
        ("compsite: none", ""),
        ("datasets: {rooms: {dataset: folder, size: 64}}", None),
        ("datasets: {rooms: {dataset: folder, size: [64, 64, 3]}}", "datasets.rooms.size"),
        ("tasks: [{dataset: [rooms], protocol: [box@1]}]", None),
        ("tasks: [{dataset: rooms, protocol: 3}]", "tasks.0.protocol"),
    ],
)
def test_it_finds_fault_where_the_check_does(line: str, place: str | None) -> None:
    fields = {
        "name": "made",
        "datasets": "{rooms: {dataset: procedural-rooms}}",
        "tasks": "[{dataset: rooms, protocol: freeform@1}]",
        "methods": "[copy]",
        "metrics": "[psnr]",
    }
    key, _, value = line.partition(": ")
    text = "\n".join(f"{name}: {one}" for name, one in {**fields, key: value}.items())
    assert wrong(text) == ([] if place is None else [place])
