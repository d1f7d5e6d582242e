"""A study read: what people said, who did not look, and which score to believe."""

import shutil

import pytest
from PIL import Image

from bench.core.errors import BadInput
from bench.run.reader import read_run
from bench.study.count import count_votes
from bench.study.findings import read_findings
from bench.study.form import REAL
from bench.study.make import make_study
from bench.study.manifest import read_key
from bench.study.read import read_sheets, read_study
from bench.study.votes import Vote
from tests.bench.study.conftest import METHODS, answered, written

ATTENTIVE, CARELESS = 16, 3


@pytest.fixture(scope="module")
def folder(study, key, tmp_path_factory):
    """Sixteen raters who look, three who do not, and a file that is not theirs."""
    place = tmp_path_factory.mktemp("answers")
    for number in range(ATTENTIVE):
        written(place, answered(study.manifest, key, number))
    for number in range(100, 100 + CARELESS):
        written(place, answered(study.manifest, key, number, careless=True))
    (place / "zz.json").write_text("{}")
    return place


@pytest.fixture(scope="module")
def found(study, folder):
    return read_study(study.folder, folder)


def test_the_order_of_the_methods_is_found(found):
    shares = {one.method: one.estimate.value for one in found.counted.methods}
    assert sorted(shares, key=shares.get, reverse=True) == METHODS
    assert [one.verdict for one in found.counted.pairs] == ["first"] * 3
    strengths = [one.value for one in found.counted.strengths]
    assert strengths == sorted(strengths, reverse=True)
    assert sum(strengths) == pytest.approx(0, abs=1e-9)


def test_every_answer_is_counted_once(found, study):
    counts = found.everyone
    assert counts.raters == ATTENTIVE + CARELESS
    assert counts.answers == 12 * (ATTENTIVE + CARELESS)
    assert sum(one.wins + one.ties + one.losses for one in counts.pairs) == counts.answers
    assert all(one.repeats == 2 and one.controls == 5 and one.finished for one in found.raters)


def test_careless_raters_are_found_and_what_changes_without_them_is_said(found):
    careless = {row.rater for row in found.raters if row.careless}
    assert careless == {f"rater-{number}" for number in range(100, 100 + CARELESS)}
    assert found.attentive.raters == ATTENTIVE
    assert found.attentive.answers == 12 * ATTENTIVE
    assert found.attentive.agreement.alpha > found.everyone.agreement.alpha


def test_a_file_that_is_no_answers_is_named(found):
    assert [one.file for one in found.refused] == ["zz.json"]


def test_every_interval_holds_its_value(found):
    for one in (*found.counted.methods, *found.counted.pairs):
        estimate = one.estimate
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.plain_low <= estimate.value <= estimate.plain_high


def test_metrics_are_set_against_people(found):
    """Diffusion is nearer to the ground truth than nearest, and that than the mean colour."""
    known = {one.score: one for one in found.metrics}
    assert known["psnr-hole"].agree.value > 0.8
    assert known["psnr-hole"].rank > 0.3
    assert known["psnr-hole"].rank_low < known["psnr-hole"].rank < known["psnr-hole"].rank_high
    assert known["miou"].pairs > 0
    assert 0 <= known["miou"].pairs_agree <= known["miou"].pairs
    assert "no such score" in known["fid"].reason  # its network's weights are not there
    assert "mask-area" not in known
    assert found.metrics_reason == ""


def test_what_was_found_is_read_again_as_it_was_written(found, tmp_path):
    file = tmp_path / "study.json"
    file.write_text(found.model_dump_json())
    assert read_findings(file) == found
    file.write_text('{"format": 1}')
    with pytest.raises(BadInput, match="study read --json"):
        read_findings(file)


def test_a_study_without_its_run_says_so_and_has_no_metrics(run, folder, study, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(run, moved)
    made = make_study(
        moved,
        tmp_path / "s",
        methods=METHODS,
        pairs=3,
        per_rater=3,
        raters=1,
        controls=0,
        repeats=0,
    )
    key = read_key(made.key, made.manifest)
    file = written(tmp_path / "answers", answered(made.manifest, key, 0))
    assert read_study(made.folder, [file]).metrics_reason == ""

    item = next(iter(key.items.values()))
    image = read_run(moved).prediction(item.task, item.methods[0], item.edit)
    Image.new("RGB", Image.open(image).size).save(image)
    assert "no longer holds" in read_study(made.folder, [file]).metrics_reason
    with pytest.raises(BadInput, match="does not hold the results that raters saw"):
        read_study(made.folder, [file], run=moved)

    shutil.rmtree(moved)
    found = read_study(made.folder, [file])
    assert found.metrics == ()
    assert "give it as --run" in found.metrics_reason
    assert read_study(made.folder, [file], run=run).metrics  # the same results elsewhere


def test_answers_that_cannot_be_counted_are_one_sentence(study, tmp_path):
    with pytest.raises(BadInput, match="no answers that can be counted"):
        read_study(study.folder, tmp_path)
    with pytest.raises(
        BadInput, match=r"there are no such answers; .* name the files that raters sent"
    ):
        read_study(study.folder, [tmp_path / "none.json"])


def test_one_rater_alone_has_no_clustered_interval(study, key):
    found = read_sheets(study.manifest, key, [answered(study.manifest, key, 0)])
    estimate = found.everyone.pairs[0].estimate
    assert estimate.plain_low is not None
    assert estimate.low is None
    assert found.everyone.pairs[0].verdict == "undecided"
    assert found.everyone.agreement.alpha is None


@pytest.fixture(scope="module")
def other_forms(run, tmp_path_factory):
    place = tmp_path_factory.mktemp("forms")
    found = {}
    for form, question in (("pick", "better"), ("timed", "real"), ("opinion", "style")):
        made = make_study(
            run, place / form, methods=METHODS, form=form, question=question, pairs=24, per_rater=12,
            raters=4, controls=5, repeats=1,
        )  # fmt: skip
        key = read_key(made.key, made.manifest)
        sheets = [answered(made.manifest, key, number) for number in range(10)]
        sheets.append(answered(made.manifest, key, 50, careless=True))
        found[form] = read_sheets(made.manifest, key, sheets, run=read_run(run))
    return found


@pytest.mark.parametrize("form", ["pick", "timed", "opinion"])
def test_every_form_finds_the_order_and_who_does_not_look(other_forms, form):
    found = other_forms[form]
    values = [one.estimate.value for one in found.counted.methods]
    assert values == sorted(values, reverse=True)
    assert [row.rater for row in found.raters if row.careless] == ["rater-50"]
    assert len(found.counted.pairs) == 3
    assert found.counted.pairs[1].estimate.value > found.counted.pairs[1].null
    assert found.counted.agreement.alpha is not None


def test_of_a_timed_study_real_images_are_counted_apart(other_forms):
    found = other_forms["timed"]
    assert found.counted.real.value == 1.0
    assert REAL not in found.titles
    assert found.counted.strengths == ()
    assert "judged alone" in found.counted.strengths_reason


def test_grades_are_set_against_scores_image_by_image(other_forms):
    known = {one.score: one for one in other_forms["opinion"].metrics}
    assert known["psnr-hole"].rank > 0.3


def test_the_best_of_three_has_shares_that_sum_to_one(other_forms):
    shares = [one.estimate.value for one in other_forms["pick"].counted.methods]
    assert sum(shares) == pytest.approx(1)


def test_spmpgan_s_counts_put_in_as_answers_give_its_shares():
    """21 raters with a hundred votes each: 1,479 for the first, 493 for the second, 128 for the third.

    Who gave which vote was not printed; here every rater gives them in the same proportion.
    """
    said = [METHODS[0]] * 1479 + [METHODS[1]] * 493 + [METHODS[2]] * 128
    votes = [
        Vote(
            f"r{number % 21}",
            ("t", f"scene-{number // 21}"),
            ("t", f"scene-{number // 21}"),
            tuple(METHODS),
            "ABC"[METHODS.index(method)],
        )
        for number, method in enumerate(said)
    ]
    found = count_votes(votes, "pick", {name: name for name in METHODS})
    assert found.raters == 21
    estimates = [one.estimate for one in found.methods]
    assert [round(100 * one.value, 1) for one in estimates] == [70.4, 23.5, 6.1]
    printed = [[one.plain_low, one.plain_high] for one in estimates]
    known = [[0.6844, 0.7234], [0.2171, 0.2534], [0.0515, 0.0720]]
    for mine, theirs in zip(printed, known):
        assert mine == pytest.approx(theirs, abs=1e-4)
