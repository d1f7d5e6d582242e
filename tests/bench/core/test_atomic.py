"""Files appear whole or not at all."""

import errno
import json
import math
import os
import stat
from pathlib import Path

import pytest

from bench.core.atomic import (
    create_file,
    json_number,
    refuse_loss,
    whole_file,
    write_json,
    write_text,
)
from bench.core.errors import BadInput


def _break_off(path: Path, error: Exception) -> None:
    with whole_file(path) as temporary:
        temporary.write_text("half of the n")
        raise error


def test_a_file_appears_with_its_folder(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "a.json", {"a": [1, None]})
    assert (tmp_path / "new" / "a.json").read_text() == '{\n "a": [\n  1,\n  null\n ]\n}\n'


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError):
        _break_off(path, RuntimeError())
    assert path.read_text() == "old"
    assert [child.name for child in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(BadInput, match=r"a\.txt: cannot be written \(No space left"):
        _break_off(path, OSError(28, "No space left on device"))
    assert not path.exists()


def test_a_folder_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "text")


def test_the_file_is_readable_as_any_other(tmp_path: Path) -> None:
    write_text(tmp_path / "whole.txt", "a")
    (tmp_path / "plain.txt").write_text("a")
    modes = [(tmp_path / name).stat().st_mode for name in ("whole.txt", "plain.txt")]
    assert modes[0] == modes[1]


def test_a_number_is_read_as_it_was_written_whatever_it_is(tmp_path: Path) -> None:
    numbers = [1.5, math.inf, -math.inf]
    write_json(tmp_path / "a", [json_number(value) for value in (*numbers, math.nan, None)])
    *written, nan, none = json.loads((tmp_path / "a").read_text())
    assert [float(value) for value in written] == numbers
    assert (nan, none) == (None, None)


def test_a_write_leaves_alone_what_the_files_of_other_threads_get(tmp_path, monkeypatch):
    def changed(mask):
        raise AssertionError("the umask is the whole process's")

    monkeypatch.setattr(os, "umask", changed)
    write_text(tmp_path / "a.txt", "text")


def test_what_is_not_there_or_is_ours_may_be_written(tmp_path: Path) -> None:
    out = tmp_path / "a.md"
    refuse_loss(out)
    out.touch()
    refuse_loss(out)
    out.write_text("## ours: 3")
    refuse_loss(out, ours=rb"\A## ours: ")
    refuse_loss(Path("/dev/null"))


def test_a_file_of_somebody_else_is_refused_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "a.md"
    out.write_text("my notes\n## ours: 3")
    with pytest.raises(BadInput, match="is there already and siebench did not write it"):
        refuse_loss(out, ours=rb"\A## ours: ")
    refuse_loss(out, ours=rb"\A## ours: ", force=True)


def test_an_input_is_refused_under_any_name(tmp_path: Path) -> None:
    file, link = tmp_path / "a.md", tmp_path / "b.md"
    file.write_text("## ours: 3")
    link.symlink_to(file)
    with pytest.raises(BadInput, match="is read by this very command"):
        refuse_loss(link, inputs=[None, tmp_path / "absent", file], ours=rb"\A## ours: ")
    refuse_loss(link, inputs=[file], force=True)


def test_the_longest_name_that_a_file_can_have_is_written(tmp_path: Path) -> None:
    for name in ("n" * 255, "\N{HIRAGANA LETTER A}" * 85):
        refuse_loss(tmp_path / name)
        write_text(tmp_path / name, "whole")
        assert (tmp_path / name).read_text() == "whole"


def test_what_can_be_no_file_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, reason in (
        (tmp_path, "is a folder; give the name of a file"),
        (tmp_path / ("n" * 5000), r"\.\.\.n+: cannot be written \(File name too long"),
        (tmp_path / "file" / "b.json", r"b\.json: cannot be written \(Not a directory"),
    ):
        with pytest.raises(BadInput, match=reason) as caught:
            refuse_loss(path, force=True)
        assert len(str(caught.value)) < 300


def test_a_pipe_is_given_the_content_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, "scores")
        assert os.read(reader, 100) == b"scores"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="pipe: cannot be written"):
        write_text(tmp_path / "pipe", "scores")


def test_a_file_that_can_be_made_again_waits_for_no_disk(tmp_path, monkeypatch):
    def waiting(handle):
        raise AssertionError("waited")

    monkeypatch.setattr(os, "fsync", waiting)
    with whole_file(tmp_path / "a", durable=False) as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "a").read_text() == "whole"
    with pytest.raises(AssertionError, match="waited"), whole_file(tmp_path / "b") as temporary:
        temporary.write_text("lasting")


def test_a_folder_that_no_disk_can_sync_holds_the_file_all_the_same(tmp_path, monkeypatch):
    sync = os.fsync

    def files_alone(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # as some disks of a network do
        sync(handle)

    monkeypatch.setattr(os, "fsync", files_alone)
    write_text(tmp_path / "a.txt", "there")
    assert (tmp_path / "a.txt").read_text() == "there"


def test_a_file_that_cannot_be_filled_is_not_created(tmp_path):
    resource = pytest.importorskip("resource", reason="this system has no limits of file sizes")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(BadInput, match="claim: cannot be written"):
            create_file(tmp_path / "claim", b"me")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert create_file(tmp_path / "claim", b"me")
    assert (tmp_path / "claim").read_bytes() == b"me"
