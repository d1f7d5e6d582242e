"""A run's scores and differences stand in the cards beside the networks' weights."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from bench.cli.app import app
from bench.core.errors import BadInput
from bench.judge.compare.cards import write_card_scores
from tests.reports.made_run import make_run


@pytest.fixture
def folder(tmp_path):
    """A run of a network ("mean-colour" in disguise) and a rival."""
    folder = make_run(tmp_path / "run", edits=10, methods=2, tasks=1, size=16)
    record = json.loads((folder / "run.json").read_text())
    record["methods"][0]["options"] = {"weights": "net.safetensors"}
    record["methods"][0]["needs"] = []
    (folder / "run.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "zoo" / "net.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"name": "net", "scores": {}}))
    return path


def names(folder):
    return [method["name"] for method in json.loads((folder / "run.json").read_text())["methods"]]


def test_values_and_differences_from_every_rival_are_written(folder, card) -> None:
    beats = write_card_scores(folder, card.parent, ["psnr"])
    network, rival = names(folder)[:2]
    written = json.loads(card.read_text())
    assert written["name"] == "net"
    scores = pd.read_parquet(folder / "scores.parquet")
    mine = scores[(scores["method"] == network) & (scores["of"] == "all")]
    values = {row["metric"]: row["value"] for row in written["scores"]["values"]}
    assert values["psnr"] == mine.set_index("metric")["value"]["psnr"]
    (row,) = (row for row in written["scores"]["against"] if row["metric"] == "psnr")
    assert row["rival"] == rival
    # Two edits a scene: the means of scenes are what varies, with Student's t over five of them.
    samples = pd.read_parquet(folder / "samples" / "task-0" / "00000.parquet")
    wide = samples.pivot_table(index=["scene", "edit"], columns="method", values="psnr")
    by_scene = (wide[network] - wide[rival]).groupby("scene").mean()
    half = stats.t.ppf(0.975, len(by_scene) - 1) * by_scene.sem()
    low, high = row["interval"]
    assert row["difference"] == pytest.approx(by_scene.mean(), rel=1e-6)
    assert (high - low) / 2 == pytest.approx(half, rel=0.02)
    assert row["better"] is (True if low > 0 else False if high < 0 else None)
    assert beats == {card: bool(low > 0)}


def test_a_run_without_the_decisive_score_names_those_it_has(folder, card) -> None:
    with pytest.raises(BadInput, match="unknown score 'psnrr'; did you mean 'psnr'"):
        write_card_scores(folder, card.parent, ["psnrr"])


def test_a_folder_without_cards_is_refused(folder, tmp_path) -> None:
    with pytest.raises(BadInput, match="holds no card of a network"):
        write_card_scores(folder, tmp_path, ["psnr"])


def test_a_damaged_card_is_named_and_left_as_it_is(folder, card) -> None:
    card.write_text("{")
    with pytest.raises(BadInput, match=r"net\.json.*is no JSON"):
        write_card_scores(folder, card.parent, ["psnr"])
    assert card.read_text() == "{"


def test_the_command_says_of_each_card_what_came_out(folder, card) -> None:
    told = CliRunner().invoke(
        app, ["models", "score", str(folder), "--cards", str(card.parent), "--by", "psnr"]
    )
    assert told.exit_code == 0, told.output
    assert "net.json: " in told.output
    assert np.isfinite(json.loads(card.read_text())["scores"]["values"][0]["value"])
