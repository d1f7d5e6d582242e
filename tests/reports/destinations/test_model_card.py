"""Model cards, read by the hub's own library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run.reader import read_run
from reports.destinations import export_to

hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")


def test_the_hubs_library_finds_every_score_in_the_model_index(kept: Path):
    (file,) = export_to(kept, "hf-card", methods=["nearest"])
    card = hub.ModelCard.load(file, ignore_metadata_errors=False)
    assert card.data.model_name == "Nearest"
    found = {(one.dataset_config, one.metric_type): one for one in card.data.eval_results}
    rows = read_run(kept).scores.query("method == 'nearest' and of == 'all'").dropna(subset="value")
    assert len(found) == len(rows)
    row = rows.query("metric == 'l1-hole'").iloc[0]
    one = found["freeform@1", "l1-hole"]
    assert one.metric_value == row["value"]
    assert (one.metric_args["low"], one.metric_args["high"]) == (row["low"], row["high"])
    assert one.metric_args["n"] == 7
    assert (one.task_type, one.task_name) == ("image-to-image", "Drawn scenes, free-form")


def test_every_image_of_the_gallery_lies_beside_the_card(kept: Path):
    (file,) = export_to(kept, "hf-card", methods=["diffusion"])
    text = Path(file).read_text(encoding="utf-8")
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert len(links) == 12
    assert all((Path(file).parent / link).is_file() for link in links)
    assert "| Time per edit, ms |" in text
    assert "20\N{EN DASH}" not in text
    assert str(kept) not in text


def test_a_card_tells_what_makes_its_method_or_a_metric_suspect_and_nothing_of_others(kept: Path):
    content = json.loads((kept / "run.json").read_text())
    told = [("method", "nearest"), ("method", "diffusion"), ("metric", "psnr")]
    content["notices"] = [
        {
            "kind": "bad",
            "task": "scenes / free-form",
            "what": what,
            "name": name,
            "text": f"{name} is odd",
        }
        for what, name in told
    ]
    (kept / "run.json").write_text(json.dumps(content))
    (file,) = export_to(kept, "hf-card", methods=["nearest"])
    said = [
        line for line in Path(file).read_text(encoding="utf-8").splitlines() if "Suspect" in line
    ]
    assert said == ["**Suspect**: nearest is odd.", "**Suspect**: psnr is odd."]


def test_a_card_of_somebody_else_stays(kept: Path, tmp_path: Path):
    (tmp_path / "copy.md").write_text("# Mine\n")
    with pytest.raises(BadInput, match="siebench did not write it"):
        export_to(kept, "hf-card", tmp_path)
    assert list(tmp_path.glob("*.md")) == [tmp_path / "copy.md"]
    export_to(kept, "hf-card", tmp_path, force=True)
    export_to(kept, "hf-card", tmp_path)
