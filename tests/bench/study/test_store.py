"""Answers on disk: whole, each once, each rater's own."""

import json
import threading

import pytest

from bench.core.errors import BadInput
from bench.study.answers import read_answers
from bench.study.store import AnswerStore, Taken
from tests.bench.study.conftest import WHEN, answered

MINE, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def store(study, tmp_path):
    return AnswerStore(study.manifest, tmp_path / "answers")


@pytest.fixture
def answers(study, key):
    return answered(study.manifest, key, 0).answers


def test_raters_get_the_sheets_in_turn_and_keep_theirs(store, study):
    count = len(study.manifest.sheets)
    sheets = [store.begin(f"r{i}", f"{i:032x}").sheet for i in range(count + 1)]
    assert sheets == [*range(count), 0]
    assert store.begin("r2", f"{2:032x}").sheet == 2


def test_what_was_stored_is_there_after_a_restart(store, study, answers, tmp_path):
    store.begin("anna", MINE)
    store.add("anna", MINE, 0, answers[:3])
    again = AnswerStore(study.manifest, tmp_path / "answers")
    assert again.begin("anna", MINE).answers == answers[:3]
    done = again.add("anna", MINE, 3, answers[3:], finished=WHEN, comment="<b>well</b>")
    assert done.finished == WHEN
    sheets, refused = read_answers((tmp_path / "answers").iterdir(), study.manifest)
    assert [one.answers for one in sheets] == [answers]
    assert refused == []


def test_a_batch_that_comes_twice_is_stored_once(store, answers):
    store.begin("anna", MINE)
    store.add("anna", MINE, 0, answers[:3])
    assert len(store.add("anna", MINE, 0, answers[:3]).answers) == 3
    assert len(store.add("anna", MINE, 1, answers[1:5]).answers) == 5
    assert len(store.add("anna", MINE, 0, answers[:2]).answers) == 5


def test_a_stored_answer_is_never_changed(store, answers):
    store.begin("anna", MINE)
    store.add("anna", MINE, 0, answers[:3])
    changed = answers[1].model_copy(update={"ms": answers[1].ms + 1})
    with pytest.raises(Taken, match="other answers"):
        store.add("anna", MINE, 1, [changed, answers[2]])


def test_nobody_answers_under_another_s_name(store, answers):
    store.begin("anna", MINE)
    with pytest.raises(Taken, match="another session"):
        store.begin("anna", OTHER)
    with pytest.raises(Taken, match="another session"):
        store.add("anna", OTHER, 0, answers[:1])


def test_names_that_differ_in_their_case_alone_are_one_name(store):
    """They would be one file on macOS and on Windows."""
    store.begin("anna", MINE)
    with pytest.raises(Taken, match="another session"):
        store.begin("Anna", OTHER)


def test_what_the_manifest_does_not_know_is_refused_and_nothing_is_stored(store, answers, tmp_path):
    store.begin("anna", MINE)
    for start, batch, finished in (
        (0, answers[1:3], None),
        (2, answers[2:3], None),
        (0, [answers[0].model_copy(update={"choice": "C"})], None),
        (0, answers + answers[:1], None),
        (0, answers[:2], WHEN),
    ):
        with pytest.raises(BadInput):
            store.add("anna", MINE, start, batch, finished=finished)
    with pytest.raises(BadInput, match="has not begun"):
        store.add("bob", MINE, 0, answers[:1])
    assert json.loads((tmp_path / "answers/answers-anna.json").read_text())["answers"] == []


@pytest.mark.parametrize("rater", ["", "../x", "a/b", "a" * 65, "<i>", "ä", "a\n", ".."])
def test_a_name_that_is_no_file_name_is_refused(store, rater, tmp_path):
    with pytest.raises(BadInput):
        store.begin(rater, MINE)
    assert list((tmp_path / "answers").iterdir()) == []


def test_answers_of_another_study_are_not_mixed_in(store, study, tmp_path):
    store.begin("anna", MINE)
    other = study.manifest.model_copy(update={"ties": not study.manifest.ties})
    with pytest.raises(BadInput, match="another study"):
        AnswerStore(other, tmp_path / "answers")


def test_a_file_that_is_no_answers_is_named(study, tmp_path):
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/notes.json").write_text("{}")
    with pytest.raises(BadInput, match=r"answers/notes.json: field study: Field required; give"):
        AnswerStore(study.manifest, tmp_path / "answers")


def test_two_servers_of_one_study_write_over_nobody_s_answers(study, answers, tmp_path):
    one, two = (AnswerStore(study.manifest, tmp_path / "answers") for _ in range(2))
    one.begin("anna", MINE)
    one.add("anna", MINE, 0, answers[:3])
    with pytest.raises(Taken, match="another server"):
        two.begin("anna", OTHER)
    again = AnswerStore(study.manifest, tmp_path / "answers")
    assert again.begin("anna", MINE).answers == answers[:3]


def test_many_threads_lose_nothing(study, key, tmp_path):
    store = AnswerStore(study.manifest, tmp_path / "answers")

    def rate(number):
        session = f"{number:032x}"
        sheet = store.begin(f"r{number}", session).sheet
        own = sheet + number * len(study.manifest.sheets)  # another rater's choices and times
        mine = answered(study.manifest, key, own).answers
        for at in range(0, len(mine), 4):
            store.add(f"r{number}", session, at, mine[at : at + 4])

    threads = [threading.Thread(target=rate, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sheets, refused = read_answers((tmp_path / "answers").iterdir(), study.manifest)
    assert refused == []
    assert len(sheets) == 12
    assert all(len(one.answers) == len(study.manifest.sheets[one.sheet]) for one in sheets)
