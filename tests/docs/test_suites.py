"""Every suite that a page shows is one that the schema takes."""

import pytest
import yaml

from bench.judge.policy import read_policy
from bench.suite.schema import parse_suite
from tests.docs.pages import DOCS, blocks

FILES = [*sorted(DOCS.rglob("*.md")), DOCS.parent / "README.md"]
SHOWN = [
    (f"{file.name}, line {block.line}", block.text)
    for file in FILES
    for block in blocks(file.read_text(encoding="utf-8"))
    if block.language == "yaml"
]
SUITES = [(where, text) for where, text in SHOWN if {"name", "tasks"} <= set(yaml.safe_load(text))]
POLICIES = [(where, text) for where, text in SHOWN if "margins" in yaml.safe_load(text)]


@pytest.mark.parametrize(("where", "text"), SUITES, ids=lambda value: value[:40])
def test_a_shown_suite_is_taken(where, text):
    assert parse_suite(text, where).methods


def test_a_shown_policy_is_taken(tmp_path):
    assert POLICIES
    for where, text in POLICIES:
        (tmp_path / "policy.yaml").write_text(text)
        assert read_policy(tmp_path / "policy.yaml").margins, where
