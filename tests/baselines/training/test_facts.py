"""A weights file, or the card beside it, says how its network was trained."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file

from baselines.checkpoints import read_card
from baselines.checkpoints.loading import ZOO
from baselines.checkpoints.writing import write_weights
from baselines.training.facts import known_recipe
from bench.core.identity import differences
from bench.plugins.editors import create_editor

SHIPPED = ZOO / "spmpgan-s-procedural.safetensors"


def told(file: Path) -> dict:
    return dict(known_recipe(file, read_card(file)))


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A copy of shipped weights without the card beside them."""
    return Path(shutil.copy(SHIPPED, tmp_path / "w.safetensors"))


def card(**changes) -> dict:
    return {**json.loads(SHIPPED.with_suffix(".json").read_text()), **changes}


def test_the_card_beside_says_it(alone: Path) -> None:
    assert told(alone) == {}
    alone.with_suffix(".json").write_text(json.dumps(card()))
    found = told(alone)
    assert found["network"]["variant"] == "S"
    assert [found[name] for name in ("seed", "examples", "steps", "length", "start", "batch")] == [
        0,
        64000,
        4000,
        None,
        None,
        16,
    ]
    assert found["weights"]["gan"] == 0.1


def test_the_file_itself_goes_before_the_card_beside(alone: Path) -> None:
    inside = read_card(alone).model_copy(update={"training": card(steps=500, examples=8000)})
    write_weights(alone, load_file(alone), inside, {})
    alone.with_suffix(".json").write_text(json.dumps(card()))
    found = told(alone)
    assert [found[name] for name in ("examples", "steps", "length")] == [8000, 500, 4000]


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"steps": 5}', json.dumps(card(tensors_sha256="another"))]
)
def test_a_card_of_another_network_or_none_says_nothing(alone: Path, text: str) -> None:
    alone.with_suffix(".json").write_text(text)
    assert told(alone) == {}


def test_fields_that_came_later_have_their_defaults(alone: Path) -> None:
    older, newer = card(), card()
    del older["config"]["weights"]["colour"]
    alone.with_suffix(".json").write_text(json.dumps(older))
    before = told(alone)
    newer["config"]["weights"]["colour"] = 5.0
    newer["config"]["data"] |= {"path": "/elsewhere", "keep": 1}
    alone.with_suffix(".json").write_text(json.dumps(newer))
    assert [one.path for one in differences(before, told(alone))] == ["weights.colour"]


def test_trainings_on_another_kind_of_device_are_told_apart_where_both_cards_name_it(
    alone: Path,
) -> None:
    found = []
    for machine in ({}, {"device": "cpu", "threads": 1}, {"device": "cuda"}):
        alone.with_suffix(".json").write_text(json.dumps(card(machine=machine)))
        found.append(told(alone))
    unknown, processor, gpu = found
    assert "device" not in unknown
    assert [one.path for one in differences(processor, gpu)] == ["device"]


def test_an_editor_says_it_beside_its_identity(alone: Path) -> None:
    silent = create_editor("spmpgan", {"weights": str(alone)})
    alone.with_suffix(".json").write_text(json.dumps(card(seed=0, steps=5)))
    loud = create_editor("spmpgan", {"weights": str(alone)})
    assert silent.identity == loud.identity
    assert silent.training_recipe == {}
    assert loud.training_recipe["steps"] == 5
