"""Metrics look at the reference side of a group once, for all methods and for the canaries."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import BadInput
from bench.metrics import Metric, make_metric
from bench.run.measure import EditGroup, PreparedGroup, make_metrics, measure_group
from bench.run.plan import plan_run
from bench.scene import LabelSpace
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data

SPACE = LabelSpace("one", ("thing",), ((0, 0, 0),))
PER_EDIT = ("psnr", "ssim", "ssim-sean", "ssim-sesame", "rmse", "l1", "seam")


def group(count: int, *, without: tuple[int, ...] = ()) -> EditGroup:
    random = np.random.Generator(np.random.PCG64(3))
    images = list(random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8))
    mask = np.zeros((count, 32, 32), bool)
    mask[:, 8:20, 8:24] = True
    names = tuple(f"s{i}" for i in range(count))
    return EditGroup(
        ground_truth=[None if i in without else image for i, image in enumerate(images)],
        original=images,
        mask=mask,
        labels=np.zeros((count, 32, 32), np.int32),
        space=SPACE,
        scenes=names,
        edits=names,
    )


def results(count: int) -> dict[int, np.ndarray]:
    random = np.random.Generator(np.random.PCG64(4))
    return dict(enumerate(random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)))


class Counting(Metric):
    """Counts how often it prepares; keeps one number an edit."""

    name = "counting"
    title = "Counting"

    def __init__(self) -> None:
        self.prepared = 0

    def definition(self):
        return {}

    def prepare(self, references):
        from bench.metrics import PreparedReferences

        self.prepared += 1
        return PreparedReferences(memory=list(range(len(references))), by_edit=True)

    def measure(self, references, prepared, results):
        return {"counting": [float(one) for one in prepared.memory]}

    def estimates(self, samples, references):
        return []


@pytest.mark.parametrize("name", PER_EDIT)
def test_the_first_edits_of_a_prepared_group_measure_as_a_group_of_their_own(name: str) -> None:
    metric = make_metric(name)
    whole = group(5, without=(1,))
    few = replace(whole, **_first(whole, 3))
    cut = PreparedGroup.of([metric], group(5, without=(1,))).first([metric], 3)
    own = PreparedGroup.of([metric], few)
    assert measure_group([metric], cut, results(3)) == measure_group([metric], own, results(3))


def _first(whole: EditGroup, count: int) -> dict:
    return {
        name: getattr(whole, name)[:count]
        for name in ("ground_truth", "original", "mask", "labels", "scenes", "edits")
    }


def test_where_the_ground_truth_is_the_original_both_sides_are_one() -> None:
    whole = group(4)
    assert whole.references("ground-truth") is whole.references("original")
    (at, truths), (every, originals) = map(
        group(4, without=(2,)).references, ("ground-truth", "original")
    )
    assert (at, every) == ((0, 1, 3), (0, 1, 2, 3))
    assert np.array_equal(truths.images, originals.images[[0, 1, 3]])


def test_results_are_stacked_once_for_all_metrics(monkeypatch) -> None:
    metrics = [make_metric(name) for name in ("psnr", "l1", "seam")]
    seen = []
    for metric in metrics:
        kept = metric.measure
        monkeypatch.setattr(
            metric, "measure", lambda r, p, x, kept=kept: seen.append(id(x)) or kept(r, p, x)
        )
    measure_group(metrics, PreparedGroup.of(metrics, group(4)), results(4))
    assert len(set(seen)) == 1


def test_cutting_out_the_first_edits_prepares_nothing_anew() -> None:
    metric = Counting()
    prepared = PreparedGroup.of([metric], group(6))
    assert measure_group([metric], prepared.first([metric], 2), results(2)) == {"counting": [0, 1]}
    assert metric.prepared == 1


def test_edits_without_ground_truth_and_failed_ones_have_no_value() -> None:
    metric = make_metric("l1")
    prepared = PreparedGroup.of([metric], group(4, without=(2,)))
    given = {i: image for i, image in results(4).items() if i != 0}
    values = measure_group([metric], prepared, given)["l1"]
    assert [value is None for value in values] == [True, False, True, False]


def test_a_group_without_any_ground_truth_is_not_measured() -> None:
    metric = make_metric("l1")
    prepared = PreparedGroup.of([metric], group(2, without=(0, 1)))
    assert measure_group([metric], prepared, results(2)) == {}
    assert prepared.columns() == {}


def test_a_metric_that_gives_another_number_of_values_is_named() -> None:
    class Short(Counting):
        def measure(self, references, prepared, results):
            return {"counting": [1.0]}

    metric = Short()
    with pytest.raises(BadInput, match="metric 'counting' gave 1 values for 3 edits"):
        measure_group([metric], PreparedGroup.of([metric], group(3)), results(3))


SEGMENTER = "procedural:procedural-rooms"

DRAWN = """
name: drawn
datasets: {rooms: {dataset: procedural-rooms, size: 64, limit: 1, segmenter: "procedural:procedural-rooms"}}
tasks: [{dataset: rooms, protocol: [freeform@1, object-remove@1]}]
methods: [copy]
metrics: [style, remainder, removed]
"""


def test_a_metric_of_some_operations_is_missing_in_tasks_of_others() -> None:
    suite = parse_suite(DRAWN, "drawn.yaml")
    freeform, remove = plan_run(suite).tasks
    found = make_metrics(suite.metrics, freeform, device="cpu", fetch=False)
    assert [metric.name for metric in found.ready] == ["style"]
    assert {name: one.reason for name, one in found.missing.items()} == dict.fromkeys(
        ("remainder", "removed"),
        "it looks at edits that ask for 'remove'; those of this task ask for 'inpaint'",
    )
    assert not make_metrics(suite.metrics, remove, device="cpu", fetch=False).missing


def test_a_metric_of_drawn_scenes_is_missing_elsewhere(tmp_path: Path) -> None:
    text = suite_text(write_data(tmp_path / "rooms"), metrics="[style]")
    suite = parse_suite(text, "made.yaml")
    for task in plan_run(suite).tasks:
        found = make_metrics(suite.metrics, task, device="cpu", fetch=False)
        assert found.missing["style"].reason == (
            "it looks at drawn scenes, whose style is known; those of folder are not drawn"
        )


def test_a_segmenter_of_other_classes_is_refused_before_anything_is_made() -> None:
    other = DRAWN.replace("procedural:procedural-rooms", "procedural:procedural-faces")
    suite = parse_suite(other.replace("[style, remainder, removed]", "[psnr, miou]"), "drawn.yaml")
    freeform, _ = plan_run(suite).tasks
    with pytest.raises(BadInput) as refused:
        make_metrics(suite.metrics, freeform, device="cpu", fetch=False)
    assert "task 'rooms-freeform', metric 'miou'" in str(refused.value)
    assert "the dataset has no 'background', 'cloth', 'neck' and 11 more" in str(refused.value)


def test_classes_that_the_dataset_ignores_are_left_out_of_its_mean_iou(tmp_path: Path) -> None:
    drawn = parse_suite(DRAWN, "drawn.yaml")
    names = plan_run(drawn).tasks[0].dataset.space.classes
    data = write_data(tmp_path / "rooms")
    told = {"classes": list(names), "ignored": [names.index("lamp")]}
    (data / "classes.json").write_text(json.dumps(told))
    rooms = {"dataset": "folder", "path": str(data), "size": 32, "segmenter": SEGMENTER}
    text = suite_text(data, datasets=json.dumps({"rooms": rooms}), metrics="[miou]")
    suite = parse_suite(text, "made.yaml")
    (metric,) = make_metrics(
        suite.metrics, plan_run(suite).tasks[0], device="cpu", fetch=False
    ).ready
    assert metric.definition()["left_out"] == ["lamp"]
