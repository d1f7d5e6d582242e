"""Documents of answers: what is believed and what is refused."""

import json

import pytest

from bench.study.answers import read_answers
from tests.bench.study.conftest import answered, written


@pytest.fixture
def sheet(study, key):
    return answered(study.manifest, key, 0)


def refused(folder, study):
    sheets, found = read_answers(sorted(folder.iterdir()), study.manifest)
    return sheets, [one.reason for one in found]


def test_a_whole_and_an_unfinished_document_count(study, key, sheet, tmp_path):
    written(tmp_path, sheet)
    begun = answered(study.manifest, key, 1)
    written(tmp_path, begun.model_copy(update={"answers": begun.answers[:5], "finished": None}))
    sheets, reasons = refused(tmp_path, study)
    assert [len(one.answers) for one in sheets] == [len(sheet.answers), 5]
    assert reasons == []


HOSTILE = {
    "no JSON": b"{",
    "no mapping": b"[1, 2]",
    "a number that is none": b'{"format": NaN}',
    "deep": b"[" * 100_000,
    "no UTF-8": b"\xff\xfe",
    "large": b" " * (1 << 20) + b"{}",
    "a key twice": b'{"format": 1, "format": 1}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_and_the_others_count(study, sheet, tmp_path, content):
    written(tmp_path, sheet)
    (tmp_path / "bad.json").write_bytes(content)
    sheets, reasons = refused(tmp_path, study)
    assert len(sheets) == len(reasons) == 1


CHANGES = {
    "another study": {"study": "0" * 32},
    "a sheet that there is not": {"sheet": 99},
    "another sheet": {"sheet": 1},
    "a rater that is a path": {"rater": "../../x"},
    "a rater that is HTML": {"rater": "<b>"},
    "a session that is none": {"session": "1"},
    "a time that is none": {"started": "yesterday"},
    "a field of its own": {"extra": 1},
    "a comment without end": {"comment": "x" * 3000},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_document_with_anything_unknown_is_refused(study, sheet, tmp_path, change):
    content = {**sheet.model_dump(mode="json"), **change}
    (tmp_path / "bad.json").write_text(json.dumps(content))
    assert refused(tmp_path, study)[0] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("choice", "C"), ("choice", "real"), ("ms", -1), ("ms", 1e12), ("screen", "x")],
)
def test_an_answer_that_its_screen_does_not_take_is_refused(study, sheet, tmp_path, field, value):
    content = sheet.model_dump(mode="json")
    content["answers"][3][field] = value
    (tmp_path / "bad.json").write_text(json.dumps(content))
    assert refused(tmp_path, study)[0] == []


def test_answers_in_another_order_are_refused(study, sheet, tmp_path):
    content = sheet.model_dump(mode="json")
    content["answers"].reverse()
    (tmp_path / "bad.json").write_text(json.dumps(content))
    assert "another screen" in refused(tmp_path, study)[1][0]


def test_the_same_document_twice_counts_once_and_the_longer_one(study, sheet, tmp_path):
    written(tmp_path, sheet, "a")
    short = sheet.model_copy(update={"answers": sheet.answers[:4], "finished": None})
    written(tmp_path, short, "b")
    written(tmp_path, sheet, "c")
    sheets, reasons = refused(tmp_path, study)
    assert [one.answers for one in sheets] == [sheet.answers]
    assert reasons == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rater": "other"}, "session of the rater rater-0 under another name"),
        ({"session": "f" * 32}, "answered in another session"),
        ({"rater": "other", "session": "f" * 32}, "to the millisecond"),
    ],
)
def test_a_replay_is_refused(sheet, study, tmp_path, change, says):
    written(tmp_path, sheet, "a")
    written(tmp_path, sheet.model_copy(update=change), "b")
    sheets, (reason,) = refused(tmp_path, study)
    assert sheets == [sheet]
    assert says in reason


def test_the_same_few_answers_of_two_raters_are_chance(sheet, study, tmp_path):
    few = sheet.model_copy(update={"answers": sheet.answers[:4], "finished": None})
    written(tmp_path, few, "a")
    written(tmp_path, few.model_copy(update={"rater": "other", "session": "f" * 32}), "b")
    sheets, reasons = refused(tmp_path, study)
    assert (len(sheets), reasons) == (2, [])
