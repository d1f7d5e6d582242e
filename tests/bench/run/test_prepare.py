"""A shard's edits are drawn with everything that is looked at while they are carried out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.core.device_faults import DeviceFailed
from bench.run.plan import Task, plan_run
from bench.run.prepare import prepare_shard
from bench.suite.schema import parse_suite
from tests.bench.run.made_suite import suite_text, write_data


def tasks(data: Path, text: str) -> tuple[Task, ...]:
    return plan_run(parse_suite(suite_text(data, tasks=text), "made.yaml")).tasks


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rooms")


def test_an_edit_has_its_image_and_its_ground_truth(data: Path) -> None:
    (task,) = tasks(data, "[{dataset: rooms, protocol: freeform@1}]")
    prepared = prepare_shard(task.shard(0))
    assert [one.edit.id for one in prepared.edits] == [f"scene{i}" for i in range(5)]
    for one in prepared.edits:
        image = np.asarray(Image.open(data / "images" / f"{one.edit.scene}.png"))
        np.testing.assert_array_equal(one.original, image)
        assert one.ground_truth.image is one.original
        assert one.ground_truth.missing is None
        assert one.references == ()


def test_an_edit_without_ground_truth_says_why(data: Path) -> None:
    (task,) = tasks(data, "[{dataset: rooms, protocol: object-remove@1}]")
    prepared = prepare_shard(task.shard(0))
    for one in prepared.edits:
        assert one.ground_truth.image is None
        assert one.ground_truth.missing == "an object removed from a photograph has no ground truth"
    assert [(one.scene, one.broken) for one in prepared.unmade] == [("scene1", False)]


def test_a_drawn_scene_without_its_object_is_the_ground_truth() -> None:
    text = """
name: drawn
datasets: {rooms: {dataset: procedural-rooms, size: 64, limit: 2}}
tasks: [{dataset: rooms, protocol: object-remove@1}]
methods: [copy]
metrics: [l1]
"""
    (task,) = plan_run(parse_suite(text, "drawn.yaml")).tasks
    for one in prepare_shard(task.shard(0)).edits:
        truth = one.ground_truth.image
        assert truth is not None
        assert not np.array_equal(truth[one.edit.mask], one.original[one.edit.mask])


def test_a_style_scene_is_read_once_a_shard(data: Path, monkeypatch) -> None:
    (task,) = tasks(data, "[{dataset: rooms, protocol: freeform@1, samples: 4, references: 2}]")
    read: list[str] = []
    kind = type(task.dataset)
    plain = kind.read

    def counted(self, name, fit):
        read.append(name)
        return plain(self, name, fit)

    monkeypatch.setattr(kind, "read", counted)
    prepared = prepare_shard(task.shard(0))
    styles = {name for one in prepared.edits for name in one.edit.references}
    assert all(len(one.references) == 2 for one in prepared.edits)
    assert [scene.id for scene in prepared.edits[0].references] == list(
        prepared.edits[0].edit.references
    )
    # Four scenes of four samples each, and each style scene once.
    assert len(read) == 4 + len(styles)


def test_a_scene_that_cannot_be_read_fails_its_own_edits(data: Path) -> None:
    (data / "images" / "scene2.png").write_bytes(b"no image")
    (task,) = tasks(data, "[{dataset: rooms, protocol: freeform@1, samples: 2}]")
    prepared = prepare_shard(task.shard(0))
    assert {(one.scene, one.sample, one.broken) for one in prepared.unmade} == {
        ("scene2", 0, True),
        ("scene2", 1, True),
    }
    assert len(prepared.edits) == 8


def drawn_task(protocol: str, parameters: str = "{}") -> Task:
    text = f"""
name: drawn
datasets: {{rooms: {{dataset: procedural-rooms, size: 256, limit: 2}}}}
tasks: [{{dataset: rooms, protocol: {protocol}, parameters: {parameters}}}]
methods: [copy]
metrics: [l1]
"""
    (task,) = plan_run(parse_suite(text, "drawn.yaml")).tasks
    return task


@pytest.mark.parametrize("protocol", ["freeform@1", "object-remove@1"])
def test_the_style_of_a_drawn_ground_truth_is_known(protocol: str) -> None:
    for one in prepare_shard(drawn_task(protocol).shard(0)).edits:
        assert one.ground_truth.style is not None
        assert one.ground_truth.image is not None
        style = one.ground_truth.style()
        apart = style.colours + style.grain[..., None] - one.ground_truth.image
        assert np.abs(apart).mean() < 1


def test_the_style_of_a_photograph_of_a_window_and_of_an_image_nobody_has_is_not(
    data: Path,
) -> None:
    (photographs,) = tasks(data, "[{dataset: rooms, protocol: freeform@1}]")
    for task in (
        photographs,
        drawn_task("sesame-add@1"),
        drawn_task("restyle@1", "{classes: [wall]}"),
    ):
        edits = prepare_shard(task.shard(0)).edits
        assert edits
        assert all(one.ground_truth.style is None for one in edits)


def test_a_scene_for_which_there_is_no_memory_has_not_failed(data: Path, monkeypatch) -> None:
    def crowded(*_, **__):
        raise MemoryError

    (task,) = tasks(data, "[{dataset: rooms, protocol: freeform@1}]")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", crowded)
    with pytest.raises(
        DeviceFailed, match="reading scene 'scene0': cpu has too little memory; lower"
    ):
        prepare_shard(task.shard(0))
