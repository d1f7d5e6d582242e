"""A store has each scene and mask drawn once, and says so when all of them are there."""

import numpy as np
import pytest

from baselines.training import example_store
from baselines.training.config import TrainingData
from baselines.training.data import Examples
from baselines.training.example_store import ExampleStore, draw_piece
from bench.core.errors import BadInput
from masks.packs.png import write_mask
from tests.baselines.training.test_stored_examples import CPU, drawn, equal, stored
from tests.baselines.training.tiny import tiny


def test_two_seeds_share_the_scenes_and_what_is_there_is_not_drawn_again(tmp_path):
    store = ExampleStore(tmp_path, rounds=2)
    several = [tiny("spmpgan", seed=seed) for seed in (0, 1)]
    for piece in store.pieces(several):
        store.finish(piece, draw_piece(piece))
    assert len(list(tmp_path.glob("scenes-*"))) == 1
    assert len(list(tmp_path.glob("masks-*"))) == 2
    assert store.pieces(several) == []
    (more,) = store.pieces([tiny("spmpgan", seed=2)])
    assert len(more.draws) == 1
    assert draw_piece(more) is None


def test_examples_are_there_once_the_last_piece_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(example_store, "_PIECE", 2)
    config, store = tiny("spmpgan"), ExampleStore(tmp_path, rounds=2)
    first, second, last = store.pieces([config])  # of 6 scenes
    for piece in (last, first, last):
        store.finish(piece, draw_piece(piece))
        with pytest.raises(BadInput, match="has not been drawn"):
            store.open(config.data, config.data.dataset, config.seed)
    store.finish(second, draw_piece(second))
    kept = store.open(config.data, config.data.dataset, config.seed)
    assert equal(kept.batch(0, 6, CPU), drawn(config).batch(0, 6, CPU))


def test_a_problem_of_one_piece_leaves_all_of_its_dataset_to_be_drawn_as_before(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(example_store, "_PIECE", 2)
    config, store = tiny("spmpgan"), ExampleStore(tmp_path, rounds=2)
    for piece, problem in zip(store.pieces([config]), ("no space", None, None), strict=True):
        store.finish(piece, problem)
    assert type(store.open(config.data, config.data.dataset, config.seed)) is Examples


def test_masks_that_come_with_another_image_are_drawn_as_before(tmp_path):
    moved = {"protocol": "object-move@1"}
    config = tiny("spmpgan")
    changed = config.model_copy(
        update={"data": TrainingData(**{**config.data.model_dump(), "masks": (moved,)})}
    )
    kept = stored(tmp_path, changed)
    assert type(kept) is Examples


def test_masks_of_a_folder_are_known_by_what_it_holds_not_by_where_it_lies(tmp_path):
    config = tiny("spmpgan")
    height, width = config.data.load
    for name in ("here", "elsewhere"):
        for scene in drawn(config).dataset.ids:
            write_mask(tmp_path / name / f"{scene}.png", np.tri(height, width, dtype=bool))

    def masked(name):
        recipe = {"protocol": "predefined@1", "parameters": {"folder": str(tmp_path / name)}}
        data = TrainingData(**{**config.data.model_dump(), "masks": (recipe,)})
        return config.model_copy(update={"data": data})

    store = ExampleStore(tmp_path / "store", rounds=2)
    stored(store.folder, masked("here"))
    assert store.pieces([masked("here"), masked("elsewhere")]) == []
    write_mask(
        tmp_path / "here" / f"{drawn(config).dataset.ids[0]}.png", np.eye(height, width, dtype=bool)
    )
    kept = stored(store.folder, masked("here"))
    assert equal(kept.batch(0, 6, CPU), drawn(masked("here")).batch(0, 6, CPU))


def test_random_crops_are_drawn_as_before(tmp_path):
    config = tiny("spmpgan")
    data = config.data.model_copy(update={"crop": (8, 8)})
    store = ExampleStore(tmp_path)
    assert store.pieces([config.model_copy(update={"data": data})]) == []
    assert type(store.open(data, data.dataset, 0)) is Examples


def test_examples_that_were_not_drawn_are_missed_with_a_sentence(tmp_path):
    config = tiny("spmpgan")
    asked = []

    def wait():
        asked.append(1)
        return len(asked) < 2

    with pytest.raises(BadInput, match=r"not been drawn in the time .* more --minutes"):
        ExampleStore(tmp_path).open(config.data, config.data.dataset, 0, wait=wait)
    assert len(asked) == 2
