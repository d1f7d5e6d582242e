from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from bench.run.reader import Run, read_run
from reports.export.latex_table import latex, latex_document
from reports.export.latex_text import escaped
from tests.reports.made_run import HOSTILE, make_run
from tests.reports.made_table import column, trained_unlike, with_notice, with_table


def has_booktabs() -> bool:
    finder = shutil.which("kpsewhich") if shutil.which("pdflatex") else None
    command = [finder or "", "booktabs.sty"]
    return finder is not None and subprocess.run(command, capture_output=True).returncode == 0


def test_a_table_has_the_rules_of_booktabs_and_a_column_per_score(run: Run):
    text = latex(run)
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 3
    assert r"\begin{tabular}{lrrrrrr}" in text
    assert r"PSNR (dB) $\uparrow$" in text


def test_scores_stand_below_their_region(run: Run):
    lines = latex(run).splitlines()
    at = lines.index(r"\toprule")
    heads = r" & \multicolumn{2}{c}{Masked region} & \multicolumn{4}{c}{Whole image} \\"
    assert lines[at + 1] == heads
    assert lines[at + 2] == r"\cmidrule(lr){2-3}\cmidrule(lr){4-7}"
    assert r"\shortstack[r]{L1 (grey \\ levels) $\downarrow$}" in lines[at + 3]


def test_every_row_has_as_many_cells_as_the_heading(run: Run):
    lines = latex(run, intervals=True).splitlines()
    rows = [line for line in lines if line.endswith(r"\\") and "multicolumn" not in line]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {6}


def test_best_is_bold_and_second_underlined(run: Run):
    first_table = latex(run).split(r"\end{table}")[0]
    small = next(line for line in first_table.splitlines() if line.startswith("SPADE, small"))
    diffusion = next(line for line in first_table.splitlines() if line.startswith("Diffusion"))
    assert small.count(r"\textbf") == 4  # all but mIoU, where diffusion is best
    assert diffusion.count(r"\underline") == 4
    assert r"\textbf{0.8300}" in diffusion


def test_different_edits_are_ranked_on_the_common_ones_and_the_table_says_so(run: Run):
    first_table = latex(run).split(r"\end{table}")[0]
    assert " on 9 common edits}" in first_table
    assert "ranked on 9 common edits, since methods failed at others." in first_table


def test_hostile_names_are_escaped_and_braces_balance(run: Run):
    text = latex_document(run, intervals=True)
    assert "<script>" not in text
    assert r"\textless{}script\textgreater{}" in text
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")


def test_what_letters_would_do_in_their_place_is_not_done():
    assert escaped("[ours] --fetch") == "{}[ours] -{}-fetch"
    assert escaped("*ours*") == "{}*ours*"
    assert escaped("1\N{EN DASH}2, a-b") == "1--2, a-b"


def test_missing_values_carry_a_note_with_the_reason(run: Run):
    text = latex(run)
    assert "--$^{1}$" in text
    assert r"the weights pt\_inception-2015-12-05 are not here" in text


def test_networks_that_were_not_trained_alike_are_named_under_every_table_that_has_them(
    tmp_path: Path,
):
    rows = [{"method": "copy", "title": "copy"}, {"method": "diffusion", "title": "ours"}]
    folder = with_table(tmp_path / "run", column(), rows=rows)
    said = escaped(trained_unlike(folder))
    published, own, _ = latex(read_run(folder)).split(r"\end{table}")
    assert said in published
    assert said in own


def test_a_suspect_task_says_so_under_its_table(tmp_path: Path):
    made = read_run(with_notice(tmp_path / "run", "PSNR is odd_"))
    first, second = latex(made).split(r"\end{table}")[:2]
    assert "Suspect" not in first
    assert r"\textbf{Suspect}: PSNR is odd\_." in second


def test_intervals_are_optional(run: Run):
    assert " -- " in latex(run, intervals=True)
    assert " -- " not in latex(run)


def test_a_table_with_intervals_says_of_what_level(run: Run):
    *tables, _ = latex(run, intervals=True).split(r"\end{table}")
    for table in tables:
        assert (r"Intervals at 95 \%." in table) == (" -- " in table)
    assert any(" -- " in table for table in tables)
    assert "Intervals" not in latex(run)


def test_published_values_stand_below_ours_in_small_type(tmp_path: Path):
    made = read_run(with_table(tmp_path / "run", column(group="COCO-Stuff"), column(title="again")))
    lines = latex(made).splitlines()
    assert r" & \multicolumn{1}{c}{COCO-Stuff ($n=2$)} & \multicolumn{1}{c}{} \\" in lines
    assert r"\cmidrule(lr){2-2}" in lines
    assert r"Method & mIoU $\uparrow$ & \shortstack[r]{again $\uparrow$ \\ $n=2$} \\" in lines
    ours = lines.index(r"ours & 83.00 & 83.00 \\")
    below = r"{\scriptsize paper 37.4, +45.60 $\surd$}"
    assert lines[ours + 1] == rf" & {below} & {below} \\"


def test_what_cannot_be_compared_has_a_note_with_the_field(tmp_path: Path):
    made = read_run(with_table(tmp_path / "run", column(expects={"composite": "published"})))
    text = latex(made)
    assert r"paper 37.4 $\neq$$^{1}$" in text
    assert r"$^{1}$ composite is \textquotedbl{}known-bytes\textquotedbl{} here and " in text


def test_a_wide_published_table_is_cut_between_its_groups(tmp_path: Path):
    groups = [column(group=name, title=f"{i}") for name in "ABCD" for i in range(3)]
    text = latex(read_run(with_table(tmp_path / "run", *groups)))
    assert text.count(r"\begin{tabular}{lrrrrrr}") >= 2
    assert text.count("Table 1") == 2
    assert text.index("{C ($n=2$)}") > text.index(r"\end{table}")


def test_a_wide_table_is_cut_and_each_part_has_its_own_reasons(tmp_path: Path):
    made = made_wide(tmp_path / "run")
    first, second = latex(made).split(r"\end{table}")[:2]
    assert r"\begin{tabular}{lrrrrrr}" in first
    assert r"\begin{tabular}{lrrr}" in second
    assert first.count(r"\caption{Drawn scenes, free-form ($n = 2$).}") == 1
    assert second.count(r"\caption{Drawn scenes, free-form ($n = 2$).}") == 1
    assert "--$^{1}$" in first
    assert r"$^{1}$ the weights" in first
    assert "--$" not in second
    assert "weights" not in second


def test_chosen_columns_stand_in_the_order_in_which_they_are_named(run: Run):
    text = latex(run, columns=["miou", "psnr-hole"])
    assert text.index("mIoU") < text.index("PSNR")
    assert r"\begin{tabular}{lrr}" in text
    assert "LPIPS" not in text


def made_wide(folder: Path) -> Run:
    """A run with nine scores: two of the masked region, seven of the image."""
    made = make_run(folder, edits=2, methods=2, tasks=1)
    header = json.loads((made / "run.json").read_text())
    scores = pd.read_parquet(made / "scores.parquet")
    miou = scores[(scores["metric"] == "miou") & (scores["of"] == "all")]
    more = [f"more-{i}" for i in range(3)]
    scores = pd.concat([scores, *(miou.assign(metric=name) for name in more)])
    scores.to_parquet(made / "scores.parquet")
    plain = {"metric": "more", "title": "More", "unit": "", "better": "higher"}
    header["metrics"] += [plain | {"name": name} for name in more]
    (made / "run.json").write_text(json.dumps(header))
    return read_run(made)


@pytest.mark.integration
@pytest.mark.skipif(not has_booktabs(), reason="no pdflatex with booktabs here")
def test_a_document_with_a_published_table_and_foreign_letters_compiles(tmp_path: Path):
    rows = [
        {"method": "diffusion", "title": f"{HOSTILE} Größe 日本 β \x07 ±1", "published": "SPADE"},
        {"method": "copy", "title": "copy", "published": "SPADE", "instead": "a & b_c"},
        {"title": "CRN", "published": "CRN"},
        {"method": "nearest", "title": "日本 [1] --fast"},
    ]
    columns = [column(group="% A", unstated=["x^2"]), column(expects={"composite": "none"})]
    made = read_run(with_table(tmp_path / "run", *columns, rows=rows))
    compiles(latex_document(made, intervals=True), tmp_path)


@pytest.mark.integration
@pytest.mark.skipif(not has_booktabs(), reason="no pdflatex with booktabs here")
def test_the_document_compiles_as_it_is(run: Run, tmp_path: Path):
    compiles(latex_document(run, intervals=True), tmp_path)


@pytest.mark.integration
@pytest.mark.skipif(not has_booktabs(), reason="no pdflatex with booktabs here")
def test_a_wide_table_stays_on_its_page(tmp_path: Path):
    said = compiles(latex_document(made_wide(tmp_path / "run"), intervals=True), tmp_path)
    assert "Overfull" not in said


@pytest.mark.integration
@pytest.mark.skipif(not has_booktabs(), reason="no pdflatex with booktabs here")
def test_a_wide_published_table_stays_on_its_page(tmp_path: Path):
    columns = [column(title=f"score {i}", group="COCO-Stuff") for i in range(6)]
    rows = [{"method": "diffusion", "title": "A method with a long name", "published": "SPADE"}]
    made = read_run(with_table(tmp_path / "run", *columns, rows=rows))
    assert "Overfull" not in compiles(latex_document(made, intervals=True), tmp_path)


def compiles(document: str, folder: Path) -> str:
    """What pdflatex says."""
    (folder / "tables.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout
