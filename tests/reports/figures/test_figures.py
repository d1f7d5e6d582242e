from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.run.reader import Run, read_run
from reports.figures.cost import quality_against_cost
from reports.figures.curves import per_class, per_mask_area
from reports.figures.differences import differences
from reports.figures.grid import comparison_grid
from reports.figures.style import figure, noted, save, sign
from reports.figures.write import write_figures
from tests.reports.made_run import CLASSES, make_run
from tests.reports.made_table import trained_unlike

TASK = "scenes / free-form"


def test_a_grid_has_a_row_per_edit_and_a_column_per_image(run: Run):
    drawn = comparison_grid(run, TASK, ["scene-0000.0", "scene-0001.1"], ["diffusion", "nearest"])
    titles = [axes.get_title() for axes in drawn.axes[:5]]
    assert titles == ["Input", "Target map", "Diffusion", "Nearest", "Ground truth"]
    assert len(drawn.axes) == 2 * 5


def test_a_grid_shows_the_images_of_the_run(run: Run):
    drawn = comparison_grid(run, TASK, ["scene-0000.0"], ["diffusion"])
    shown = np.asarray(drawn.axes[2].images[0].get_array())
    with Image.open(run.prediction(TASK, "diffusion", "scene-0000.0")) as image:
        assert np.array_equal(shown, np.asarray(image))


def test_a_long_name_of_a_method_covers_no_other_in_the_grid(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=4, methods=3, tasks=1, size=16)
    header = json.loads((folder / "run.json").read_text())
    header["methods"][0]["title"] = "A method with a name of many words, trained by us"
    header["methods"][1]["title"] = "longname" * 5
    (folder / "run.json").write_text(json.dumps(header))
    drawn = comparison_grid(read_run(folder), TASK, ["scene-0001.1"])  # at which "nearest" failed
    drawn.draw_without_rendering()
    boxes = [axes.title.get_window_extent() for axes in drawn.axes]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
    assert min(box.y0 for box in boxes) >= 0
    assert max(box.y1 for box in boxes) <= drawn.bbox.y1
    assert len({round(axes.get_position().y1, 3) for axes in drawn.axes}) == 1


def test_the_hole_of_the_input_is_white(run: Run):
    drawn = comparison_grid(run, TASK, ["scene-0000.0"], ["diffusion"])
    shown = np.asarray(drawn.axes[0].images[0].get_array())
    with Image.open(run.edit_folder(TASK, "scene-0000.0") / "mask.png") as image:
        assert (shown[np.asarray(image) > 127] == 255).all()


def test_a_failed_edit_says_so_in_the_grid(run: Run):
    drawn = comparison_grid(run, TASK, ["scene-0001.1"], ["nearest"])
    assert [text.get_text() for text in drawn.axes[2].texts] == ["failed"]


def test_an_image_that_is_not_there_is_no_failure_in_the_grid(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=3, tasks=1, size=16)
    (shard,) = (folder / "samples").rglob("*.parquet")
    samples = pd.read_parquet(shard)
    edit = samples["edit"][0]
    samples[(samples["method"] != "nearest") | (samples["edit"] != edit)].to_parquet(shard)
    run = read_run(folder)
    for method in ("diffusion", "nearest"):
        run.prediction(TASK, method, edit).unlink()
    drawn = comparison_grid(run, TASK, [edit], ["diffusion", "nearest"])
    said = [[text.get_text() for text in drawn.axes[at].texts] for at in (2, 3)]
    assert said == [["not kept"], ["not run"]]


def test_quality_stands_over_the_median_time(run: Run):
    (axes,) = quality_against_cost(run, TASK, "psnr-hole").axes
    scores = run.scores.query("task == @TASK and metric == 'psnr-hole' and method == 'diffusion'")
    point = axes.containers[0].lines[0]
    assert point.get_xdata() == pytest.approx([4.6])
    assert point.get_ydata() == pytest.approx(scores["value"].astype(float).tolist())


def test_methods_that_see_hidden_pixels_are_left_out_of_curves(run: Run):
    figure = per_mask_area(run, TASK, "psnr-hole")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["Diffusion", "Nearest", "Mean colour", "SPADE, small"]


def test_no_two_methods_of_many_look_alike():
    looks = [tuple(sign(place).values()) for place in range(64)]
    assert len(set(looks)) == 64
    assert len({marker for _, marker in looks[:8]}) == 8


def test_a_class_curve_goes_from_the_best_class_to_the_worst(run: Run):
    (axes,) = per_class(run, TASK, "miou").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(CLASSES[:5])
    assert axes.get_ylim() == (4.5, -0.5)  # the first class stands above
    assert list(axes.lines[0].get_xdata()) == pytest.approx([0.81, 0.79, 0.77, 0.75, 0.73])


def test_area_bins_hold_every_edit(run: Run):
    (axes,) = per_mask_area(run, TASK, "psnr-hole", bins=1).axes
    samples = run.samples(TASK)
    mine = samples[samples["method"] == "diffusion"]
    assert axes.lines[0].get_xdata() == pytest.approx([100 * mine["coverage"].mean()])
    assert axes.lines[0].get_ydata() == pytest.approx([mine["psnr-hole"].mean()])


def test_no_bar_of_an_area_leaves_what_an_edit_can_have(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=8, methods=2, tasks=1, size=16)
    (shard,) = (folder / "samples").rglob("*.parquet")
    samples = pd.read_parquet(shard)
    samples["lpips-alex"] = [0.9 if scene.endswith("0") else 0.0 for scene in samples["scene"]]
    samples.to_parquet(shard)
    (axes,) = per_mask_area(read_run(folder), TASK, "lpips-alex", bins=1).axes
    ((low, _),) = [segment[:, 1] for segment in axes.collections[0].get_segments()]
    assert low == 0.0


def test_infinite_values_are_left_out_of_a_figure_and_counted_below_it(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=4, methods=3, tasks=1, size=16)
    (shard,) = (folder / "samples").rglob("*.parquet")
    samples = pd.read_parquet(shard)
    samples["status"] = "ok"
    for name, values in (
        ("diffusion", [np.inf, 30.0, np.inf, 32.0]),
        ("nearest", [np.inf, 29.0, 28.0, 30.0]),
    ):
        samples.loc[samples["method"] == name, "psnr"] = values
    samples.to_parquet(shard)
    run = read_run(folder)
    area = per_mask_area(run, TASK, "psnr", bins=1)
    assert "infinite value: Diffusion 2 edits, Nearest 1 edit." in area.texts[0].get_text()
    drawn = differences(run, TASK, "psnr", "nearest")
    # Two exact results are equal: the mean of 0, 1 and 2.
    assert drawn.axes[0].lines[0].get_xdata() == pytest.approx([1.0])
    assert drawn.texts[0].get_text() == "Left out, with an infinite value: Diffusion 1 edit."


def test_differences_are_means_of_paired_differences(run: Run):
    (axes,) = differences(run, TASK, "psnr-hole", "diffusion").axes
    samples = run.samples(TASK)
    wide = samples.pivot(index="edit", columns="method", values="psnr-hole").astype(float)
    expected = (wide["nearest"] - wide["diffusion"]).mean()  # where both carried it out
    assert axes.get_yticklabels()[0].get_text() == "Nearest"
    assert axes.lines[0].get_xdata() == pytest.approx([expected])


def test_where_every_difference_is_infinite_the_other_figures_are_written(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=3, tasks=1, size=16)
    (shard,) = (folder / "samples").rglob("*.parquet")
    samples = pd.read_parquet(shard)
    samples.loc[samples["method"] == "diffusion", "psnr"] = np.inf
    samples.to_parquet(shard)
    with pytest.raises(BadInput, match="no edit whose PSNR has a finite difference to Diffusion"):
        differences(read_run(folder), TASK, "psnr", "diffusion")
    written = write_figures(folder, formats=["svg"], against="diffusion")
    names = {path.name for path in written}
    assert "psnr-differences.svg" not in names
    assert {"psnr-hole-differences.svg", "miou-classes.svg", "psnr-cost.svg"} <= names


def test_a_score_without_the_values_is_refused_in_words(run: Run):
    with pytest.raises(BadInput, match="has no FID per edit"):
        per_mask_area(run, TASK, "fid")
    with pytest.raises(BadInput, match="has no PSNR per class"):
        per_class(run, TASK, "psnr")
    with pytest.raises(BadInput, match="did you mean 'psnr-hole'"):
        per_mask_area(run, TASK, "psnr-holes")


def test_networks_that_were_not_trained_alike_are_named_below_a_figure_that_has_both(
    tmp_path: Path,
):
    made = make_run(tmp_path / "run", edits=4, methods=3, tasks=1)
    said = trained_unlike(made)
    run = read_run(made)
    for drawn in (
        comparison_grid(run, TASK, ["scene-0000.0"]),
        quality_against_cost(run, TASK, "psnr-hole"),
        per_class(run, TASK, "miou"),
        per_mask_area(run, TASK, "psnr-hole"),
        differences(run, TASK, "psnr-hole", "copy"),
    ):
        (note,) = drawn.texts
        assert " ".join(note.get_text().split()) == said
    assert not comparison_grid(run, TASK, ["scene-0000.0"], ["diffusion", "nearest"]).texts


def test_a_note_hides_nothing_and_stays_within_the_figure(run: Run):
    drawn = noted(
        per_class(run, TASK, "miou"), ["This was trained otherwise than that. " * 6], "it"
    )
    drawn.draw_without_rendering()
    (note,) = drawn.texts
    (axes,) = drawn.axes
    words, figure_box = note.get_window_extent(), drawn.bbox
    assert words.y1 < axes.get_tightbbox().y0
    assert words.x0 >= 0
    assert words.y0 >= 0
    assert words.x1 <= figure_box.x1


def test_many_notes_are_counted(run: Run):
    drawn = noted(per_class(run, TASK, "miou"), [f"One {n}." for n in range(5)], "the run's report")
    assert drawn.texts[0].get_text().splitlines() == [
        "One 0.",
        "One 1.",
        "One 2.",
        "2 other warnings: see the run's report.",
    ]


def test_the_same_figure_is_the_same_file(run: Run, tmp_path: Path):
    for suffix in ("svg", "pdf"):
        one = save(per_class(run, TASK, "miou"), tmp_path / f"one.{suffix}")
        two = save(per_class(run, TASK, "miou"), tmp_path / f"two.{suffix}")
        assert one.read_bytes() == two.read_bytes()


def test_hostile_names_are_text_in_svg(run: Run, tmp_path: Path):
    task = run.header.tasks[2].name
    text = save(per_class(run, task, "miou"), tmp_path / "one.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_every_figure_with_values_is_written(tmp_path: Path):
    run = make_run(tmp_path / "run", edits=4, methods=3, tasks=1)
    written = write_figures(run, formats=["svg"], against="diffusion")
    names = {path.name for path in written}
    assert {
        "grid.svg",
        "miou-classes.svg",
        "psnr-hole-area.svg",
        "psnr-hole-differences.svg",
    } <= names
    assert not any(name.startswith("fid") for name in names)
    assert all(path.stat().st_size > 1000 for path in written)


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_a_figure_replaces_a_figure_and_nobody_elses_file(tmp_path: Path, suffix: str):
    path = tmp_path / f"one.{suffix}"
    drawn = figure(1, 1)
    assert save(drawn, save(drawn, path)) == path
    path.write_bytes(b"%PDF-1.4 /Creator (somebody else)")
    with pytest.raises(BadInput, match=rf"one\.{suffix}: is there already and siebench did not"):
        save(drawn, path)
    save(drawn, path, force=True)
    assert b"somebody" not in path.read_bytes()


def test_a_run_in_which_nothing_was_timed_has_no_figures_of_costs(tmp_path: Path):
    folder = make_run(tmp_path / "run", edits=2, methods=2, tasks=1)
    assert any("-cost" in path.name for path in write_figures(folder, formats=["svg"]))
    costs = pd.read_parquet(folder / "costs.parquet")
    costs.assign(ms=None).to_parquet(folder / "costs.parquet")
    written = write_figures(folder, tmp_path / "figures", formats=["svg"])
    assert written
    assert not any("-cost" in path.name for path in written)
