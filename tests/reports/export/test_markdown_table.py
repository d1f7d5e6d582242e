from __future__ import annotations

from pathlib import Path

from bench.core.text import markdown_text
from bench.run.reader import Run, read_run
from reports.export.markdown_table import markdown
from tests.reports.made_run import HOSTILE
from tests.reports.made_table import column, trained_unlike, with_notice, with_table


def test_a_table_per_task_with_equal_cell_counts(run: Run):
    text = markdown(run)
    assert text.count("### ") == 3
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {8}


def test_best_second_missing_and_hidden_are_marked(run: Run):
    text = markdown(run, intervals=False)
    assert "**0.8300**" in text
    assert "<u>0.6900</u>" in text  # "Nearest" has fewer edits and is not ranked
    assert "— <sup>1</sup>" in text
    assert "| Copy (oracle) ◐ |" in text


def test_the_level_of_intervals_is_said_where_there_are_some(run: Run):
    assert "; intervals at 95 %." in markdown(run)
    assert "interval" not in markdown(run, intervals=False)


def test_a_reason_for_missing_values_stands_once_with_its_count(run: Run):
    text = markdown(run)
    assert text.count("the weights pt\\_inception-2015-12-05 are not here") == 1
    assert "gets them (15 values)." in text  # five methods, three tasks
    assert "(5 values)." in text  # no PSNR where there is no ground truth


def test_chosen_columns_stand_in_the_order_in_which_they_are_named(run: Run):
    text = markdown(run, columns=["miou", "psnr-hole"])
    assert "| Method | mIoU ↑ | PSNR, masked region (dB) ↑<br><sub>n = " not in text
    assert "| Method | mIoU ↑ | PSNR, masked region (dB) ↑ |" in text


def test_hostile_names_are_text(run: Run):
    text = markdown(run)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_an_n_that_differs_is_stated(run: Run):
    assert "n = 9</sub>" in markdown(run)


def test_different_edits_are_ranked_on_the_common_ones_and_the_table_says_so(run: Run):
    text = markdown(run)
    assert " on 9 common edits</sub>" in text
    assert "ranked on 9 common edits, since methods failed at others." in text
    assert "mIoU: Nearest is not ranked, since it has 9 edits and others have 10." in text


def published(folder: Path, *columns: dict[str, object], rows: list | None = None) -> list[str]:
    """The lines of the section that comes first."""
    made = with_table(folder / "run", *columns, rows=rows)
    return markdown(read_run(made)).split("\n### ")[0].splitlines()


def test_published_values_stand_under_ours_with_kind_difference_and_verdict(tmp_path: Path):
    lines = published(tmp_path, column(group="COCO-Stuff"))
    assert lines[0] == "### Beside the paper"
    assert "| Method | COCO-Stuff, mIoU ↑<br><sub>n = 2</sub> |" in lines
    (ours,) = [line for line in lines if line.startswith("| ours |")]
    assert ours == ("| ours | 83.00<br>paper 37.4 ✓ +45.60<br>paper 35.2 ✓ +47.80 |")


def test_what_cannot_be_compared_says_in_which_field(tmp_path: Path):
    lines = published(tmp_path, column(expects={"composite": "published"}))
    (ours,) = [line for line in lines if line.startswith("| ours |")]
    assert "paper 37.4 ≠ <sup>1</sup>" in ours
    remark = next(line for line in lines if line.startswith("<sup>1</sup>"))
    assert 'composite is "known-bytes" here and "published" there' in remark


def test_every_verdict_has_its_source_in_words(tmp_path: Path):
    text = "\n".join(published(tmp_path, column(unstated=["the crops"])))
    assert "ours, mIoU: 37.4 (paper: " in text
    assert "Reproduced: +45.6 with ±50 allowed" in text
    assert "mIoU: no source states the crops." in text


def test_the_best_of_ours_is_bold_and_hidden_pixels_are_marked(tmp_path: Path):
    rows = [{"method": "diffusion", "title": HOSTILE}, {"method": "copy", "title": "copy"}]
    lines = published(tmp_path, column(metric="psnr-hole", scale=1), rows=rows)
    assert any(line.startswith("| copy ◐ | ") and "**" not in line for line in lines)
    assert not any("<script>" in line for line in lines)
    fair = [{"method": "copy", "title": "copy"}]
    assert not any("**" in line for line in published(tmp_path / "b", column(), rows=fair)[6:8])


def test_a_suspect_task_says_so_under_its_table(tmp_path: Path):
    made = read_run(with_notice(tmp_path / "run", "PSNR is odd_"))
    first, second = markdown(made).split("### ")[1:]
    assert "Suspect" not in first
    assert "**Suspect**: PSNR is odd\\_." in second


def test_networks_that_were_not_trained_alike_are_named_under_every_table_that_has_them(
    tmp_path: Path,
):
    rows = [{"method": "copy", "title": "copy"}, {"method": "diffusion", "title": "ours"}]
    folder = with_table(tmp_path / "run", column(), rows=rows)
    said = markdown_text(trained_unlike(folder))
    published, own = markdown(read_run(folder)).split("### ")[1:]
    assert said in published
    assert said in own
