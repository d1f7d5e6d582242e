"""Everything in the zoo loads, is small, and is what its card says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from baselines.checkpoints import load_network, read_card
from baselines.checkpoints.loading import ZOO
from baselines.training.config import TrainingConfig
from baselines.training.segmenter import mean_iou
from baselines.training.zoo.models import MODELS
from bench.networks.segmenters.unet import read_segmenter, segmenter_file
from bench.suite.schema import load_suite

ROOT = Path(__file__).parents[2]
FILES = sorted(ZOO.glob("*.safetensors"))
LARGEST = 32 * 2**20
PARAMETERS = 1_300_000


def card_of(path):
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_network_is_small_and_its_card_is_about_it(file):
    card = card_of(file)
    loaded = load_network(card["config"]["system"], file, variant=card["config"]["variant"])
    assert sum(p.numel() for p in loaded.network.parameters()) <= PARAMETERS
    assert card["name"] == file.stem
    assert card["tensors_sha256"] == loaded.card.tensors_sha256
    assert card["steps"] >= 1
    assert {one["dataset"] for one in card["data"]} == {card["config"]["data"]["dataset"]}
    assert card["machine"]["device"] in {"cpu", "cuda"}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_network_was_scored_beside_the_classical_editors(file):
    scores = card_of(file)["scores"]
    assert scores["suite"] == "zoo"
    assert {row["metric"] for row in scores["values"]} >= {"fd-procedural", "miou-hole"}
    assert {row["rival"] for row in scores["against"]} == {"mean-colour", "nearest", "diffusion"}


def test_the_models_page_lists_every_network_with_what_its_card_says():
    page = (ROOT / "docs/reference/models.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+\.safetensors)` \|(.+)\|$", page, re.MULTILINE)
    listed = {file: [cell.strip(" `") for cell in cells.split("|")] for file, cells in rows}
    said = {}
    for file in FILES:
        config = card_of(file)["config"]
        data = config["data"]
        domain = data["dataset"].removeprefix("procedural-")
        (side,) = set(data["crop"] or data["load"])
        said[file.name] = [config["system"], config["variant"], domain, str(side)]
    assert listed == said


def test_all_together_are_small_enough_for_the_wheel():
    every = [*ZOO.iterdir(), segmenter_file(())]
    assert sum(path.stat().st_size for path in every) <= LARGEST


def test_the_demo_shows_a_network_of_every_system_but_the_one_whose_edits_take_seconds():
    systems = {
        read_card(ZOO / method.options["weights"]).system
        for method in load_suite("demo").methods
        if "weights" in method.options
    }
    assert systems == {read_card(file).system for file in FILES} - {"semanticstylegan"}
    assert len(systems) == 9


def test_every_file_is_a_model_that_can_be_trained_again():
    known = {name for name in MODELS if name != "segmenter"}
    assert {path.stem.rpartition("-seed")[0] or path.stem for path in FILES} <= known


@pytest.mark.slow
def test_the_segmenter_scores_on_its_test_split_what_its_card_says():
    card = card_of(segmenter_file(()))
    network = read_segmenter(segmenter_file(()))
    data = TrainingConfig.model_validate(card["config"]).data
    domain = "procedural-faces"
    assert mean_iou(network, domain, data) == pytest.approx(
        card["notes"]["test_miou"][domain], abs=2e-3
    )
