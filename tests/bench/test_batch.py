"""A batch is what an editor sees of some edits."""

import pytest
import torch

from bench.batch import EditBatch
from bench.core.errors import EditFailed
from bench.scene import LabelSpace

SPACE = LabelSpace("three", ("sky", "bed", "lamp"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))


def batch_of(labels: list, instances: list | None = None) -> EditBatch:
    planes = torch.tensor(labels)
    count, height, width = planes.shape
    names = tuple(str(i) for i in range(count))
    return EditBatch(
        masked=torch.zeros(count, 3, height, width),
        mask=torch.ones(count, 1, height, width),
        labels=planes,
        instances=None if instances is None else torch.tensor(instances),
        space=SPACE,
        operation="inpaint",
        regions=(None,) * count,
        ids=names,
        scenes=names,
        samples=(0,) * count,
        seeds=tuple(("method", "dataset", name, 0, 7) for name in names),
    )


def test_one_hot_has_a_channel_a_class_and_nothing_where_void() -> None:
    planes = batch_of([[[0, 1], [2, -1]]]).one_hot()
    assert planes.tolist() == [[[[1, 0], [0, 0]], [[0, 1], [0, 0]], [[0, 0], [1, 0]]]]


def test_one_hot_may_have_more_channels_than_classes() -> None:
    planes = batch_of([[[2, -1]]]).one_hot(5)
    assert planes.shape == (1, 5, 1, 2)
    assert planes.sum().item() == 1


def test_both_sides_of_a_border_are_an_edge() -> None:
    edges = batch_of([[[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]]]).edges()
    assert edges[0, 0].tolist() == [[0, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]


def test_edges_of_regions_mark_classes_and_objects() -> None:
    batch = batch_of([[[0, 0, 1, 1, 1]]], [[[0, 0, 5, 5, 6]]])
    assert batch.edges("labels")[0, 0].tolist() == [[0, 1, 1, 0, 0]]
    assert batch.edges("instances")[0, 0].tolist() == [[0, 1, 1, 1, 1]]
    assert batch.edges()[0, 0].tolist() == [[0, 1, 1, 1, 1]]
    touching = batch_of([[[0, 1, 1]]], [[[0, 0, 0]]])
    assert touching.edges()[0, 0].tolist() == [[1, 1, 0]]
    assert touching.edges("instances").sum().item() == 0


def test_an_edit_draws_the_same_numbers_in_any_batch() -> None:
    batch = batch_of([[[0]], [[1]], [[2]]])
    alone = torch.randn(4, generator=batch.take([2]).generator(0))
    among = torch.randn(4, generator=batch.generator(2))
    other = torch.randn(4, generator=batch.generator(1))
    assert torch.equal(alone, among)
    assert not torch.equal(among, other)


def test_taking_twice_pads() -> None:
    taken = batch_of([[[0]], [[1]]]).take([1, 1, 0])
    assert taken.ids == ("1", "1", "0")
    assert taken.labels.flatten().tolist() == [1, 1, 0]
    assert len(taken) == 3


def test_a_label_beyond_the_channels_is_an_error() -> None:
    with pytest.raises(EditFailed, match="label 3 of space 'three' is beyond the 3 classes"):
        batch_of([[[3]]]).one_hot()
