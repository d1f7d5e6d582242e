"""A suite file is checked once, at the edge, and what is wrong is said with its line."""

import pytest

from bench.core.errors import BadInput
from bench.suite.schema import load_suite, parse_suite, suite_names

GOOD = """\
name: small
datasets:
  rooms: {dataset: procedural-rooms, size: 64}
tasks:
  - {dataset: rooms, protocol: freeform@1}
methods: [copy]
metrics: [psnr]
"""


def complaint(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_suite(text, "mine.yaml")
    return str(caught.value)


def test_short_forms_are_written_out() -> None:
    suite = parse_suite(GOOD, "mine.yaml")
    assert suite.datasets["rooms"].size == (64, 64)
    assert suite.methods[0].editor == "copy"
    assert suite.metrics[0].name == "psnr"
    assert suite.composite == "known-bytes"


def test_native_pictures_need_no_size_and_take_none() -> None:
    native = parse_suite(GOOD.replace("size: 64", "fit: native"), "mine.yaml")
    assert native.datasets["rooms"].size is None
    assert "size is left out exactly" in complaint(
        GOOD.replace("size: 64", "size: 64, fit: native")
    )


def test_a_task_over_two_lists_stands_for_every_pair() -> None:
    text = GOOD.replace("protocol: freeform@1", "protocol: [freeform@1, class@1], samples: 2")
    tasks = parse_suite(text, "mine.yaml").single_tasks()
    assert [task.name for task in tasks] == ["rooms-freeform", "rooms-class"]
    assert [task.samples for task in tasks] == [2, 2]


def test_an_unknown_field_is_named_with_line_and_nearest_known_one() -> None:
    text = GOOD.replace("protocol: freeform@1", "protocl: freeform@1")
    assert complaint(text).startswith(
        "mine.yaml, line 5: there is no field 'tasks.0.protocl'; did you mean 'protocol'?"
    )


def test_a_wrong_value_is_named_with_field_value_and_what_was_expected() -> None:
    text = GOOD + "composite: blend\n"
    assert complaint(text) == (
        "mine.yaml, line 8: composite is 'blend'; expected: Input should be "
        "'known-bytes', 'published' or 'none'"
    )


def test_a_missing_field_is_named() -> None:
    assert "the field 'metrics' is missing" in complaint(GOOD.replace("metrics: [psnr]\n", ""))


def test_a_task_without_name_and_title_is_called_by_dataset_and_protocol() -> None:
    text = GOOD.replace("protocol: freeform@1", "protocol: [freeform@1, object-remove@1]")
    titles = [task.title for task in parse_suite(text, "mine.yaml").single_tasks()]
    assert titles == ["Rooms, free-form", "Rooms, object removal"]
    named = GOOD.replace("{dataset: rooms, protocol", "{name: left half, dataset: rooms, protocol")
    assert parse_suite(named, "mine.yaml").single_tasks()[0].title == "left half"
    known = GOOD.replace("rooms", "coco_stuff")
    assert parse_suite(known, "mine.yaml").single_tasks()[0].title == "COCO-Stuff, free-form"


def test_a_task_over_an_unknown_dataset_names_the_nearest() -> None:
    text = GOOD.replace("{dataset: rooms,", "{dataset: room,")
    assert "unknown dataset 'room'; did you mean 'rooms'?" in complaint(text)


@pytest.mark.parametrize("word", ["split", "subset"])
def test_a_split_may_be_called_subset_as_records_call_it(word: str) -> None:
    text = GOOD.replace("dataset: procedural-rooms", f"dataset: procedural-rooms, {word}: val")
    entry = parse_suite(text, "mine.yaml").datasets["rooms"]
    assert entry.split == "val"
    assert entry.model_dump()["subset"] == "val"
    assert list(entry.model_dump())[:3] == ["dataset", "path", "subset"]


def test_split_and_subset_together_are_refused() -> None:
    both = "dataset: procedural-rooms, split: val, subset: test"
    text = GOOD.replace("dataset: procedural-rooms", both)
    assert "split and subset are one field" in complaint(text)


@pytest.mark.parametrize("pairs", ["dataset: [], protocol: box@1", "dataset: rooms, protocol: []"])
def test_a_task_over_no_dataset_or_protocol_is_refused(pairs: str) -> None:
    text = f"{GOOD.partition('tasks:')[0]}tasks: [{{{pairs}}}]\nmethods: [copy]\nmetrics: [psnr]\n"
    assert "a list of datasets or protocols names one at least" in complaint(text)


def test_two_methods_of_one_name_are_refused() -> None:
    assert "'copy' is given twice" in complaint(GOOD.replace("[copy]", "[copy, copy]"))


def test_a_method_of_an_unknown_dataset_names_line_and_nearest() -> None:
    text = GOOD.replace("[copy]", "[{editor: copy, datasets: [room]}]")
    assert complaint(text) == (
        "mine.yaml, line 6: methods.0.datasets: unknown dataset 'room'; did you mean 'rooms'?"
    )


def test_two_tasks_of_one_name_are_refused() -> None:
    task = "  - {dataset: rooms, protocol: freeform@1}\n"
    suite = parse_suite(GOOD.replace(task, task + task), "mine.yaml")
    with pytest.raises(BadInput, match="two tasks are called 'rooms-freeform'"):
        suite.single_tasks()


def test_broken_yaml_is_named_with_its_line() -> None:
    assert complaint("name: [1\n").startswith("mine.yaml, line 2:")


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n"])
def test_what_is_no_mapping_is_no_suite(text: str) -> None:
    assert "a suite is a mapping" in complaint(text)


def test_an_unknown_suite_names_the_nearest_shipped_one() -> None:
    with pytest.raises(BadInput, match="unknown suite 'sample'; did you mean 'samples'"):
        load_suite("sample")


@pytest.mark.parametrize("name", suite_names())
def test_every_shipped_suite_is_good(name: str) -> None:
    suite = load_suite(name)
    assert suite.name == name
    assert suite.single_tasks()


def test_a_metric_may_be_named_as_people_type_it() -> None:
    suite = parse_suite(GOOD.replace("metrics: [psnr]", "metrics: [lpips, psnr]"), "x.yaml")
    assert [metric.name for metric in suite.metrics] == ["lpips-alex", "psnr"]
