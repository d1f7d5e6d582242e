"""Claims: of many workers one gets a shard, and what a dead one had is to be had again."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.run import claims, presence
from bench.run.claims import Claims, forget
from bench.run.layout import RunFolder
from bench.run.presence import LEASE, living
from bench.run.shards import ShardRef

SHARD = ShardRef("rooms", 3)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def vanish(worker: Claims, seconds: float = LEASE + 1) -> None:
    """The worker's machine goes away: nothing renews its file, and no process can be looked at."""
    file = worker._folder.workers / f"{worker.me.id}.json"
    worker.me = replace(worker.me, machine="elsewhere")
    worker._say()
    worker._ended.set()
    os.utime(file, (time.time() - seconds, time.time() - seconds))


def see_anew(worker: Claims) -> None:
    worker.others()


def test_one_of_two_workers_gets_a_shard_and_the_other_when_it_is_given_back(folder) -> None:
    with Claims(folder) as one, Claims(folder) as two:
        assert one.take(SHARD)
        assert not two.take(SHARD)
        assert two.take(ShardRef("rooms", 4))
        one.release(SHARD)
        assert two.take(SHARD)
        assert two.vain(SHARD) == {}


def test_of_many_that_take_at_once_exactly_one_gets_each_shard(folder) -> None:
    shards = [ShardRef("rooms", number) for number in range(20)]
    taken: list[ShardRef] = []
    start = threading.Barrier(8)

    def work() -> None:
        with Claims(folder) as mine:
            start.wait()
            taken.extend([shard for shard in shards if mine.take(shard)])
            start.wait()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == shards


def test_who_leaves_gives_back_what_it_had_and_leaves_no_file(folder) -> None:
    with Claims(folder) as one:
        one.take(SHARD)
        one.take_tables()
    assert [path for path in folder.claims.rglob("*") if path.is_file()] == []


def test_a_shard_of_a_worker_that_vanished_is_taken_and_the_method_is_known(folder) -> None:
    with Claims(folder) as one, Claims(folder) as two:
        one.take(SHARD)
        one.at(SHARD, "copy")
        one.at(SHARD, "ours, large")
        assert not two.take(SHARD)
        vanish(one)
        see_anew(two)
        assert two.take(SHARD)
        assert two.vain(SHARD) == {"ours, large": 1}
        assert [path.name for path in sorted(folder.claim("rooms", 3).parent.iterdir())] == [
            "00003.1",
            "00003.2",
        ]


def test_a_worker_that_comes_back_late_takes_nothing_from_who_has_its_shard(folder) -> None:
    with Claims(folder) as one, Claims(folder) as two, Claims(folder) as three:
        one.take(SHARD)
        vanish(one)
        see_anew(two)
        assert two.take(SHARD)
        one.release(SHARD)
        assert folder.claim("rooms", 3).with_name("00003.2").exists()
        two.release(SHARD)
        assert three.take(SHARD)


def test_a_process_that_was_killed_is_known_at_once(folder) -> None:
    with Claims(folder) as one, Claims(folder) as two:
        one.take(SHARD)
        one.me = replace(one.me, born="1")  # its number belongs to another process by now
        one._say()
        one._ended.set()
        two._known.clear()
        see_anew(two)
        assert two.take(SHARD)


def test_clocks_of_machines_may_differ(folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with Claims(folder) as one, Claims(folder) as two:
        one.take(SHARD)
        monkeypatch.setattr(presence.time, "time", lambda: 0.0)
        see_anew(two)
        assert not two.take(SHARD)
        assert {worker.id for worker in living(folder)} == {one.me.id, two.me.id}


def test_a_disk_that_lets_two_create_one_file_is_refused(folder, monkeypatch) -> None:
    def careless(path: Path, content: bytes = b"") -> bool:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return True

    monkeypatch.setattr(claims, "create_file", careless)
    with (
        pytest.raises(BadInput, match=r"lets two workers create one file.*choose an --out"),
        Claims(folder),
    ):
        pass


def test_workers_of_another_run_in_the_same_folder_are_refused(folder) -> None:
    with (
        Claims(folder, key="a"),
        pytest.raises(BadInput, match="workers of another suite"),
        Claims(folder, key="b"),
    ):
        pass
    assert living(folder) == []


def test_a_worker_is_alone_where_no_other_uses_its_device(folder) -> None:
    with Claims(folder, device="cuda a") as one, Claims(folder, device="cuda b") as two:
        assert one.alone()
        assert two.alone()
        with Claims(folder, device="cuda b"):
            assert one.alone()
            assert not two.alone()
    with Claims(folder, device="cpu", shared=True) as three:
        assert not three.alone()


def test_what_dead_workers_left_is_forgotten_only_where_none_lives(folder) -> None:
    with Claims(folder) as one:
        one.take(SHARD)
        forget(folder)
        assert folder.claims.is_dir()
        vanish(one)
        forget(folder)
        assert not folder.claims.exists()


def test_the_folder_of_claims_goes_with_the_last_worker(folder) -> None:
    with Claims(folder) as one:
        with Claims(folder):
            one.remove()
            assert folder.claims.is_dir()
        one.remove()
        assert not folder.claims.exists()


def test_a_worker_whose_folder_was_removed_is_there_again_for_the_others(folder) -> None:
    with Claims(folder) as one:
        shutil.rmtree(folder.claims)
        one.others()
        assert [worker.id for worker in living(folder)] == [one.me.id]
        assert one.take(SHARD)
