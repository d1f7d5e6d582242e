from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.run.reader import Run
from reports.export import latex, latex_document


def has_booktabs() -> bool:
    finder = shutil.which("kpsewhich") if shutil.which("pdflatex") else None
    command = [finder or "", "booktabs.sty"]
    return finder is not None and subprocess.run(command, capture_output=True).returncode == 0


def test_a_table_has_the_rules_of_booktabs_and_a_column_per_score(run: Run):
    text = latex(run)
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 3
    assert r"\begin{tabular}{lrrrrrr}" in text
    assert r"PSNR, hole (dB) $\uparrow$" in text


def test_every_row_has_as_many_cells_as_the_heading(run: Run):
    rows = [line for line in latex(run, intervals=True).splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {6}


def test_best_is_bold_and_second_underlined(run: Run):
    first_table = latex(run).split(r"\end{table}")[0]
    small = next(line for line in first_table.splitlines() if line.startswith("SPADE, small"))
    diffusion = next(line for line in first_table.splitlines() if line.startswith("Diffusion"))
    assert small.count(r"\textbf") == 4  # all but mIoU, where diffusion is best
    assert diffusion.count(r"\underline") == 4
    assert r"\textbf{0.8300}" in diffusion


def test_hostile_names_are_escaped_and_braces_balance(run: Run):
    text = latex_document(run, intervals=True)
    assert "<script>" not in text
    assert r"\textless{}script\textgreater{}" in text
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")


def test_missing_values_carry_a_note_with_the_reason(run: Run):
    text = latex(run)
    assert "--$^{1}$" in text
    assert r"the weights pt\_inception-2015-12-05 are not here" in text


def test_intervals_are_optional(run: Run):
    assert r"\scriptsize" in latex(run, intervals=True)
    assert r"\scriptsize" not in latex(run)


@pytest.mark.skipif(not has_booktabs(), reason="no pdflatex with booktabs here")
def test_the_document_compiles_as_it_is(run: Run, tmp_path: Path):
    (tmp_path / "tables.tex").write_text(latex_document(run, intervals=True), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
