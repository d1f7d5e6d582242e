"""Archives are below their size, complete, and the same whenever they are made."""

import tarfile

import pytest

from baselines.training.zoo.packing import LARGEST, pack
from baselines.training.zoo.training import ZooFolder


@pytest.fixture
def zoo(tmp_path):
    """Writes trainings of given sizes: zoo(a=1000, b=2000) -> its folder."""

    def make(**sizes):
        place = ZooFolder(tmp_path / "zoo")
        for name, size in sizes.items():
            for path in (
                place.weights(name),
                place.card(name),
                place.losses(name),
                place.log(name),
            ):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(name.encode() * 3)
            place.weights(name).write_bytes(bytes(size))
            (place.run(name) / "checkpoint.safetensors").write_bytes(bytes(999_999))
        return place.out

    return make


def unpacked(archives, folder):
    for archive in archives:
        with tarfile.open(archive.path) as tar:
            tar.extractall(folder, filter="data")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_everything_but_checkpoints_comes_back_as_it_was(zoo, tmp_path):
    out = zoo(a=40_000, b=50_000, c=60_000)
    for steps in (5, 40):
        snapshot = ZooFolder(out).snapshot("c", steps)
        snapshot.parent.mkdir(parents=True)
        snapshot.write_bytes(bytes(steps))
    archives = pack(out, ["b", "a", "c"], tmp_path / "packed", largest=130_000)
    assert [archive.names for archive in archives] == [["b", "a"], ["c"]]
    assert all(archive.path.stat().st_size <= 130_000 for archive in archives)
    assert all(archive.path.stat().st_size <= archive.size for archive in archives)
    found = unpacked(archives, tmp_path / "back")
    assert len(found) == 14
    assert all((out / name).read_bytes() == content for name, content in found.items())


def test_archives_are_below_sixteen_mebibytes():
    assert LARGEST < 16 * 2**20


def test_the_first_archives_hold_what_is_wanted_most_and_the_others_come_later(zoo, tmp_path):
    out, names = zoo(a=100_000, b=100_000, c=100_000), ["c", "a", "b"]
    folder = tmp_path / "packed"
    first = pack(out, names, folder, many=2, largest=120_000)
    assert [(one.names, one.written) for one in first] == [
        (["c"], True),
        (["a"], True),
        (["b"], False),
    ]
    later = pack(out, names, folder, first=3, many=2, largest=120_000)
    assert [one.written for one in later] == [False, False, True]
    assert sorted(path.name for path in folder.iterdir()) == ["zoo-1.tar", "zoo-2.tar", "zoo-3.tar"]


def test_what_was_not_trained_is_passed_over(zoo, tmp_path):
    out = zoo(a=10)
    assert [one.names for one in pack(out, ["missing", "a"], tmp_path / "packed")] == [["a"]]
    assert pack(out, [], tmp_path / "packed") == []


def test_the_same_files_give_the_same_archive(zoo, tmp_path):
    out = zoo(a=10, b=20)
    one, other = (pack(out, ["a", "b"], tmp_path / name)[0].path for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
