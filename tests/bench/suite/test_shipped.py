"""Every shipped suite names things that are there."""

import os
from pathlib import Path

import pytest

import masks
from baselines.pipelines.colours import colour_table
from bench.datasets import dataset_names, describe
from bench.judge.published.join import join_published
from bench.judge.published.results import all_published, find_published
from bench.metrics import metric_names
from bench.run.reader import read_run
from bench.run.suite_run import run_suite
from bench.suite.schema import load_suite, suite_names

PAPERS = {one.paper for one in all_published()}
TABLES = [name for name in suite_names() if load_suite(name).table is not None]


@pytest.mark.parametrize("name", suite_names())
def test_its_name_is_the_files_and_it_has_a_title(name):
    suite = load_suite(name)
    assert suite.name == name
    assert suite.title
    assert suite.description


@pytest.mark.parametrize("name", suite_names())
def test_its_datasets_protocols_and_metrics_are_registered(name):
    suite = load_suite(name)
    assert {entry.dataset for entry in suite.datasets.values()} <= set(dataset_names())
    assert {metric.name for metric in suite.metrics} <= set(metric_names())
    for task in suite.single_tasks():
        masks.make_protocol(str(task.protocol), task.parameters)


@pytest.mark.parametrize("name", TABLES)
def test_its_papers_and_published_names_are_in_the_results(name):
    table = load_suite(name).table
    assert set(table.papers) <= PAPERS
    methods = {method for row in table.rows for method in row.published}
    for column in table.columns:
        for key in column.published:
            where = {"dataset": key.dataset, "task": key.task, "metric": key.metric}
            found = [find_published(**where, method=one, papers=table.papers) for one in methods]
            assert any(found), key


@pytest.mark.parametrize("name", TABLES)
def test_its_published_values_are_held_against_a_stated_protocol(name):
    judged = [one for one in load_suite(name).table.columns if one.measured and one.published]
    assert [column for column in judged if not column.expects] == []


@pytest.mark.parametrize("name", TABLES)
def test_its_rows_and_columns_are_all_there_once(name):
    table = load_suite(name).table
    columns = [
        (column.task, column.metric, column.cost, None if column.measured else column.published)
        for column in table.columns
    ]
    assert len(columns) == len(set(columns))
    methods = [row.method for row in table.rows if row.method is not None]
    assert len(methods) == len(set(methods))


COLOURED = [
    (name, method.name)
    for name in suite_names()
    for method in load_suite(name).methods
    if method.options.get("condition") == "labels"
]


@pytest.mark.parametrize(("name", "method"), COLOURED)
def test_a_pipeline_that_sees_label_maps_has_a_colour_for_every_class(name, method):
    suite = load_suite(name)
    entry = next(one for one in suite.methods if one.name == method)
    colours, same = entry.options["colours"], entry.options.get("same", {})
    for data in entry.datasets:
        space = describe(suite.datasets[data].dataset).space
        colour_table(space, colours, same)
        assert set(same) <= set(space.classes)


def test_a_paper_that_is_shown_knows_every_value_it_has_for_the_editing_tasks():
    shown = {
        one.value
        for name in TABLES
        for column in load_suite(name).table.columns
        for row in load_suite(name).table.rows
        for key in column.published
        for method in row.published
        for one in find_published(
            dataset=key.dataset, task=key.task, metric=key.metric, method=method
        )
    }
    for one in all_published():
        if one.paper.startswith("SPMPGAN") and one.metric in ("FID", "votes"):
            assert one.value in shown


def test_every_value_of_seans_two_tables_stands_in_a_suite():
    shown = {
        (key.dataset, method, key.metric)
        for name in ("sean-reconstruction", "sean-cityscapes", "sean-ade20k")
        for column in load_suite(name).table.columns
        for row in load_suite(name).table.rows
        for key in column.published
        for method in row.published
    }
    printed = {
        (one.dataset, one.method, one.metric)
        for one in all_published()
        if one.paper.startswith("SEAN") and one.table in ("Table 1", "Table 2")
    }
    assert len(printed) == 4 * 9 + 3 * 4 * 3 + 4  # Facades have no labels
    assert printed <= shown


REAL = ("divsem-cityscapes", "sean-reconstruction", "sesame-freeform", "spmpgan-room", "ssae")


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_it_runs_on_real_pictures_and_says_what_is_missing(name, tmp_path):
    if not os.environ.get("SIEBENCH_DATA"):
        pytest.skip("SIEBENCH_DATA is not set: no real labelled pictures here")
    outcome = run_suite(name, out=tmp_path / "run", limit=2, device="cpu", workers=1)
    assert outcome.edits > 0
    assert outcome.failed == 0
    joined = join_published(read_run(tmp_path / "run"))
    table = load_suite(name).table
    assert set(zip(joined["row"], joined["column"])) == {
        (i, j) for i in range(len(table.rows)) for j in range(len(table.columns))
    }
    unmeasured = joined[joined["verdict"] == "not measured"]
    assert (unmeasured["words"] != "").all()
    assert not (joined["verdict"] == "reproduced").any()


def test_the_editors_that_it_names_are_registered():
    named = {method.editor for name in suite_names() for method in load_suite(name).methods}
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    section = text.split('[project.entry-points."siebench.editors"]')[1].split("\n[")[0]
    registered = {line.split(" = ")[0] for line in section.splitlines() if " = " in line}
    assert named <= registered
