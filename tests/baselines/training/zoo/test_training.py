"""One training of the zoo: weights, card and curve in the folder, and what goes on from where it stopped."""

import json
import shutil
import threading
import time

import pytest

from baselines.checkpoints import load_network
from baselines.training.example_store import ExampleStore, draw_piece
from baselines.training.zoo.plan import Job
from baselines.training.zoo.training import (
    Order,
    ZooFolder,
    is_trained,
    is_written,
    last_point,
    train_model,
)
from bench.core.errors import BadInput
from bench.networks.segmenters.unet import segmenter_file
from bench.networks.weights import WeightsMissing
from tests.baselines.training.tiny import tiny

JOB = Job("spmpgan-full-procedural", 1, 1.0, compared=True)
NAME = "spmpgan-full-procedural-seed1"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A zoo whose models are tiny and end after three steps, with their examples drawn."""

    def few(job):
        return tiny("spmpgan", seed=job.seed, steps=3), 3

    monkeypatch.setattr("baselines.training.zoo.training.job_config", few)
    found = ZooFolder(tmp_path / "zoo")
    draw(found)
    return found


def draw(place):
    store = ExampleStore(place.examples, rounds=2)
    for piece in store.pieces([tiny("spmpgan", seed=1)]):
        store.finish(piece, draw_piece(piece))


def order(place, seconds=1000.0):
    return Order(JOB, place, "cpu", time.monotonic() + seconds, 0.0, 2, {})


def card_of(place):
    return json.loads(place.card(NAME).read_text())


def test_a_training_leaves_weights_a_card_and_a_curve(place):
    assert not is_trained(place, JOB)
    assert last_point(place, NAME) is None
    weights = train_model(order(place), threading.Event())
    card = card_of(place)
    assert weights == place.out / f"{NAME}.safetensors"
    assert (card["steps"], card["examples"], card["share"]) == (3, 6, 1.0)
    assert card["config"]["steps"] == 3
    assert card["minutes"] > 0
    assert card["machine"]["device"] == "cpu"
    assert card["data"][0]["dataset"] == "procedural-rooms"
    assert (card["seed"], card["perceptual"], card["scores"]) == (1, None, {})
    assert card["tensors_sha256"] == load_network("spmpgan", weights).card.tensors_sha256
    assert place.snapshots(NAME) == [place.snapshot(NAME, 1)]  # of 3 // 8, 3 // 4 and 3 // 2
    earlier = load_network("spmpgan", place.snapshot(NAME, 1)).card
    assert earlier.tensors_sha256 != card["tensors_sha256"]
    point = last_point(place, NAME)
    assert (point.step, point.examples) == (3, 6)
    assert set(point.losses) == {"discriminator", "adversarial", "l1"}
    assert is_trained(place, JOB)
    assert is_written(place, NAME, point)


def test_a_card_says_what_a_training_started_from(place, monkeypatch):
    first = train_model(order(place), threading.Event())
    hashed = card_of(place)["tensors_sha256"]
    kept = first.rename(place.out / "first.safetensors")
    place.card(NAME).rename(kept.with_suffix(".json"))

    def goes_on(job):
        return tiny("spmpgan", seed=job.seed, start=kept), 3

    monkeypatch.setattr("baselines.training.zoo.training.job_config", goes_on)
    for further in (6, 12):
        shutil.rmtree(place.run(NAME))
        train_model(order(place), threading.Event())
        start = card_of(place)["notes"]["start"]
        assert start == {"file": kept.name, "tensors_sha256": hashed, "examples": further}
        assert card_of(place)["config"]["start"] == kept.name  # and no folder of this machine
        assert is_trained(place, JOB)
        hashed = card_of(place)["tensors_sha256"]
        first.rename(kept)
        place.card(NAME).rename(kept.with_suffix(".json"))


def test_a_training_that_is_asked_to_stop_is_written_and_gone_on_with(place):
    stop = threading.Event()
    stop.set()
    with pytest.raises(BadInput, match="no time was left for it"):
        train_model(order(place), stop)

    class AfterOneStep(threading.Event):
        """Set from the third time on that it is asked: before the examples, the training, the step."""

        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 1

    train_model(order(place), AfterOneStep())
    assert (card_of(place)["steps"], card_of(place)["config"]["steps"]) == (1, 3)
    assert not is_trained(place, JOB)
    train_model(order(place), threading.Event())
    assert card_of(place)["steps"] == 3
    assert is_trained(place, JOB)
    steps = [json.loads(line)["step"] for line in place.losses(NAME).read_text().splitlines()]
    assert steps in ([1, 3], [1, 2, 3])  # a point is due after two seconds


def test_another_configuration_is_trained_anew(place, monkeypatch):
    train_model(order(place), threading.Event())
    monkeypatch.setattr(
        "baselines.training.zoo.training.job_config",
        lambda job: (tiny("spmpgan", seed=job.seed, batch=4), 3),
    )
    assert not is_trained(place, JOB)


def test_half_a_line_of_a_killed_process_is_passed_over(place):
    train_model(order(place), threading.Event())
    with place.losses(NAME).open("a") as file:
        file.write('{"step": 9, "sec')
    assert last_point(place, NAME).step == 3


def test_the_time_that_waiting_for_the_examples_takes_is_not_waited_beyond(place, tmp_path):
    empty = ZooFolder(tmp_path / "empty")
    with pytest.raises(BadInput, match="has not been drawn"):
        train_model(order(empty, seconds=0.3), threading.Event())


def looks_through_the_segmenter(monkeypatch):
    weights = {"l1": 1, "perceptual": 10, "through": "segmenter"}
    monkeypatch.setattr(
        "baselines.training.zoo.training.job_config",
        lambda job: (tiny("spmpgan", seed=job.seed, weights=weights), 1),
    )


def test_a_card_names_the_network_that_the_perceptual_loss_looked_through(place, monkeypatch):
    looks_through_the_segmenter(monkeypatch)
    monkeypatch.setattr("bench.networks.segmenters.unet.FILE", "segmenter-procedural.safetensors")
    train_model(order(place), threading.Event())
    beside = json.loads(segmenter_file().with_suffix(".json").read_text())
    assert card_of(place)["perceptual"] == {
        "network": "segmenter",
        "tensors_sha256": beside["tensors_sha256"],
    }


def test_a_perceptual_network_that_is_missing_is_said_before_anything_is_trained(
    place, monkeypatch
):
    looks_through_the_segmenter(monkeypatch)
    with pytest.raises(WeightsMissing, match="the segmenter of the procedural scenes is not here"):
        train_model(order(place), threading.Event())
    assert not place.run(NAME).exists()
