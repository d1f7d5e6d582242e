"""A comparison as Markdown and JSON, with crops of what changed most."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from bench.cli.terminal.targets import COMPARISON
from bench.core.atomic import refuse_loss
from bench.core.text import markdown_text
from bench.judge.compare.change import judge
from bench.judge.compare.comparison import compare
from bench.judge.compare.crops import HEIGHT, most_changed, write_crops
from bench.judge.compare.outputs import (
    number,
    write_comparison_json,
    write_comparison_markdown,
)
from bench.judge.run_scores import scores_of_run
from tests.bench.judge.made_scores import per_edit, score_set
from tests.reports.made_run import make_run

BASE = np.random.default_rng(11).normal(25, 3, 30)
BEFORE = score_set(per_edit("psnr", BASE), per_edit("l1", BASE), name="before")
AFTER = score_set(per_edit("psnr", BASE - np.linspace(1, 3, 30)), name="after")


def test_most_changed_edits_come_by_their_loss_whichever_way() -> None:
    pair = compare(BEFORE, AFTER).changes[0].pair
    assert [one.edit for one in most_changed(pair, 2)] == ["s29.0", "s28.0"]
    assert most_changed(pair, 1)[0].loss == pytest.approx(3.0)


def test_json_has_no_infinities(tmp_path) -> None:
    perfect = score_set(per_edit("psnr", [math.inf] * 5))
    write_comparison_json(compare(perfect, score_set(per_edit("psnr", [40.0] * 5))), tmp_path / "c")
    change = json.loads((tmp_path / "c").read_text())["changes"][0]
    assert (change["before"], change["after"], change["difference"]) == (None, 40.0, None)


def test_the_summary_promises_no_more_of_same_than_its_interval_does(tmp_path) -> None:
    write_comparison_markdown(compare(BEFORE, BEFORE), tmp_path / "c.md")
    text = (tmp_path / "c.md").read_text()
    assert 'any false "better" or "worse" is at most 5 % (Holm)' in text
    assert '"same" is where the 95 % interval lies within the margin' in text
    refuse_loss(tmp_path / "c.md", ours=COMPARISON)  # a later call knows it for its own


def test_the_table_escapes_what_markdown_would_read(tmp_path) -> None:
    odd = "ours|<b>*"
    both = score_set(per_edit("psnr", BASE, method=odd))
    write_comparison_markdown(compare(both, both), tmp_path / "c.md")
    (row,) = [x for x in (tmp_path / "c.md").read_text().splitlines() if x.startswith("| same")]
    assert markdown_text(odd) in row
    assert "<b>" not in row


def test_crops_show_original_before_and_after_around_the_mask(tmp_path) -> None:
    scores = scores_of_run(make_run(tmp_path / "run", edits=4, methods=2, tasks=1))
    (pair,) = [
        change.pair
        for change in compare(scores, methods=[("copy", "diffusion")]).changes
        if change.pair.key.metric == "psnr"
    ]
    path, shows = write_crops(scores, scores, pair, "scene-0000.0", tmp_path / "crops")
    assert shows == "original, before, after"
    with Image.open(path) as image:
        assert image.height == HEIGHT
        assert image.width > 2 * HEIGHT / 2


def test_numbers_are_written_in_four_digits() -> None:
    assert [number(value) for value in (None, 0.123456, 12345.6, math.inf)] == [
        "", "0.1235", "1.235e+04", "inf",
    ]  # fmt: skip


def test_holm_keeps_a_lone_small_p_value_from_deciding_among_many() -> None:
    rng = np.random.default_rng(12)
    noise = rng.normal(-0.25, 0.5, 30)
    many = score_set(*(per_edit(f"own-{i}", BASE) for i in range(20)), per_edit("psnr", BASE))
    after = score_set(
        *(per_edit(f"own-{i}", BASE) for i in range(20)), per_edit("psnr", BASE + noise)
    )
    alone = compare(score_set(per_edit("psnr", BASE)), score_set(per_edit("psnr", BASE + noise)))
    change = next(c for c in compare(many, after).changes if c.pair.key.metric == "psnr")
    assert change.p == alone.changes[0].p
    assert change.adjusted > alone.changes[0].adjusted
    assert judge([change.pair])[0].adjusted == alone.changes[0].adjusted
