"""A study's section in the report, its tables and its figures."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.study.count import count_votes
from bench.study.findings import MetricAgainstPeople, RaterRow, RefusedFile, StudyReading
from reports.export.study import study_latex, study_markdown
from reports.figures.study import write_study_figures
from reports.report import report
from reports.study import study_view
from tests.bench.study.simulated import People
from tests.reports.made_run import HOSTILE

TITLES = {"diffusion": "Diffusion", "nearest": "Nearest", "mean-colour": "Mean & <colour>_%"}


def rater(name: str, **changes) -> RaterRow:
    facts = {
        "rater": name, "answers": 30, "finished": True, "controls": 8, "controls_right": 8, "repeats": 4,
        "repeats_same": 3, "median_ms": 2100.0, "left": 0.5, "careless": False, "why": "",
    }  # fmt: skip
    return RaterRow(**{**facts, **changes})


@pytest.fixture(scope="module")
def found() -> StudyReading:
    people = People(strengths=(1.0, 0.2, 0.0), tie=0.4, raters=10)
    names = dict(zip(("m0", "m1", "m2"), TITLES))
    votes = [
        type(vote)(
            vote.rater, vote.scene, vote.edit, tuple(names[m] for m in vote.shown), vote.choice
        )
        for vote in people.votes(7)
    ]
    counts = count_votes(votes, "pair", TITLES)
    metrics = (
        MetricAgainstPeople(
            score="psnr", title="PSNR", agree=counts.pairs[0].estimate, rank=0.4, rank_low=0.2,
            rank_high=0.6,
        ),
        MetricAgainstPeople(score="fid", title="FID", pairs=3, pairs_agree=2),
        MetricAgainstPeople(score="l1", title="L1", reason="it has no value"),
    )  # fmt: skip
    return StudyReading(
        study="0" * 32, run="A run", form="pair", question="better", asked="Which edit is better?",
        ties=True, titles=TITLES, everyone=counts, attentive=counts,
        raters=(
            rater("anna", comment=f"\x1b[31m{HOSTILE}"),
            rater("bob", careless=True, controls_right=4, why="4 of 8 controls right, as guesses might be"),
        ),
        refused=(RefusedFile(file=f"{HOSTILE}.json", reason="is no JSON"),), metrics=metrics,
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(found: StudyReading, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "study.json"
    path.write_text(found.model_dump_json())
    return path


def test_the_report_has_a_section_for_each_study(made: Path, file: Path, tmp_path: Path):
    page = report(made, tmp_path, single_file=True, studies=[file, file]).read_text(
        encoding="utf-8"
    )
    assert page.count('class="study"') == 2
    assert 'href="#page-study-2"' in page
    assert "What people said: Which edit is better?" in page
    section = page[page.index('id="page-study-1"') : page.index('id="page-study-2"')]
    text = html.unescape(re.sub(r"<[^>]+>", " ", section))
    for words in (
        "Diffusion",
        "Mean & <colour>_%",
        "PSNR",
        "2 of 3",
        "careless: 4 of 8",
        "1 rater of 2",
    ):
        assert words in text


def test_what_raters_wrote_is_text_in_the_report(made: Path, file: Path, tmp_path: Path):
    page = report(made, tmp_path, single_file=True, studies=[file]).read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert html.escape(HOSTILE, quote=False).replace("'", "&#39;") in page


def test_without_a_study_the_report_has_no_such_section(made: Path, tmp_path: Path):
    assert 'class="study"' not in report(made, tmp_path, single_file=True).read_text(
        encoding="utf-8"
    )


def test_a_study_of_other_methods_is_refused(made: Path, found: StudyReading, tmp_path: Path):
    other = found.model_copy(update={"titles": {"spade": "SPADE"}})
    (tmp_path / "s.json").write_text(other.model_dump_json())
    with pytest.raises(BadInput, match=r"methods that .* lacks \(spade\)"):
        report(made, tmp_path / "out", studies=[tmp_path / "s.json"])


def test_the_facts_say_who_failed_whether_sides_matter_and_what_was_refused(found: StudyReading):
    facts = " ".join(study_view(found).facts)
    assert "1 rater of 2 failed the controls. They are left out below; no verdict changes." in facts
    assert "The left image was chosen in" in facts
    assert "Krippendorff's alpha" in facts
    assert "is no JSON" in facts


def test_markdown_has_every_table_and_no_html(found: StudyReading):
    text = study_markdown(found)
    assert text.startswith("## What people said: Which edit is better?\n")
    titles = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert titles == [
        "Preferred", "Two by two", "Metrics against people", "Scores of whole sets against people", "Raters",
        "Comments",
    ]  # fmt: skip
    assert "<" not in text
    assert "\x1b" not in text
    share = found.counted.methods[0].estimate
    assert f"{100 * share.value:.1f} %" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count("|") > 2 for line in lines)


def test_latex_tables_are_whole_and_name_no_rater(found: StudyReading):
    text = study_latex(found)
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 4
    assert "anna" not in text
    assert r"Mean \& \textless{}colour\textgreater{}\_\%" in text
    for table in text.split(r"\begin{tabular}")[1:]:
        columns = re.match(r"\{(\w+)\}", table)[1]
        rows = [
            line for line in table.split(r"\end{tabular}")[0].splitlines() if line.endswith(r"\\")
        ]
        assert {row.replace(r"\&", "").count("&") for row in rows} == {len(columns) - 1}


def test_figures_are_drawn_with_the_methods_titles(found: StudyReading, tmp_path: Path):
    written = write_study_figures(found, tmp_path, formats=("svg",))
    assert [path.name for path in written] == [
        "study-methods.svg", "study-pairs.svg", "study-strengths.svg", "study-metrics.svg",
    ]  # fmt: skip
    texts = " ".join(ET.parse(written[0]).getroot().itertext())
    assert "Diffusion" in texts
    assert "Mean & <colour>_%" in texts
