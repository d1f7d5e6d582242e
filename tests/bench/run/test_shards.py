"""Shards that several workers carry out: nobody takes what another has done or has in hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bench.run import shards as module
from bench.run.claims import Claims
from bench.run.layout import RunFolder
from bench.run.shards import ShardRef, Shards, stamp

SHARDS = [ShardRef("a", 0), ShardRef("a", 1), ShardRef("b", 0)]


def write(folder: RunFolder, shard: ShardRef, text: str = "done") -> None:
    file = folder.shard("samples", shard.task, shard.number)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_shards_that_are_not_needed_are_not_handed_out() -> None:
    handed = Shards(iter(SHARDS), lambda shard: shard.task == "b")
    assert list(handed) == SHARDS[2:]
    assert handed.over


def test_what_another_has_in_hand_is_passed_over_and_what_it_did_is_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    told: list[ShardRef] = []
    with Claims(folder) as one, Claims(folder) as two:
        first = Shards(SHARDS, folder=folder, claims=one)
        second = Shards(SHARDS, folder=folder, claims=two, elsewhere=told.append)
        assert first.take() == SHARDS[0]
        assert second.take() == SHARDS[1]
        assert second.coming(5) == [SHARDS[2]]
        write(folder, SHARDS[0])
        first.release(SHARDS[0])
        assert second.take() == SHARDS[2]
        assert (told, second.take()) == ([SHARDS[0]], None)
        assert second.over
        # What it has in hand is no longer waiting with itself, but it is with the other.
        assert not first.over


def test_workers_that_begin_apart_take_shards_of_their_own() -> None:
    assert list(Shards(SHARDS, place=0.0)) == SHARDS
    assert list(Shards(SHARDS, place=0.5)) == [SHARDS[1], SHARDS[2], SHARDS[0]]
    assert sorted(Shards(SHARDS, place=0.99)) == SHARDS


def test_a_table_that_was_there_before_is_done_when_it_is_another_one(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write(folder, SHARDS[0], "old")
    shards = Shards(SHARDS[:1], folder=folder, stamps={SHARDS[0]: stamp(folder, SHARDS[0])})
    follow = shards.follow(lambda: write(folder, SHARDS[0], "a new one"))
    assert next(follow) == SHARDS[0]
    assert list(follow) == []


def test_who_follows_is_told_of_each_shard_once_and_ends_with_the_last(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    coming = itertools.chain(SHARDS[::-1])
    shards = Shards(SHARDS, folder=folder)
    assert list(shards.follow(lambda: write(folder, next(coming)))) == SHARDS[::-1]


def test_who_follows_does_not_wait_for_what_is_not_needed(tmp_path: Path) -> None:
    needed = {"a": True, "b": False}
    shards = Shards(SHARDS, lambda shard: needed[shard.task], folder=RunFolder(tmp_path))
    looks = itertools.count()

    def pause() -> None:
        needed["a"] = next(looks) < 2

    assert list(shards.follow(pause)) == []


def test_a_shard_at_which_a_worker_died_is_suspect(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    file = folder.claim("a", 0).with_name("00000.1")
    file.parent.mkdir(parents=True)
    file.write_text('nobody\n"copy"\n')
    with Claims(folder, lease=0) as mine:
        shards = Shards(SHARDS, folder=folder, claims=mine)
        assert shards.take() == SHARDS[0]
        assert shards.suspect(SHARDS[0])
        assert not shards.suspect(SHARDS[1])


def test_who_follows_does_not_wait_for_ever_for_a_shard_that_vanished_after_its_worker_had_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAG", -1.0)
    folder = RunFolder(tmp_path)
    write(folder, SHARDS[0])
    shards = Shards(SHARDS[:2], folder=folder)
    looks = iter([True, False])  # the third look would fail the test
    assert list(shards.follow(lambda: next(looks))) == SHARDS[:1]
    assert not shards.over
