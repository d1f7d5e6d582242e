import errno
import hashlib
import json
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from baselines.external.command import Command
from baselines.external.program import Program
from bench.core.errors import BadInput, EditFailed
from tests.baselines.external.edits import batch, ended

PROGRAM = """
import json, pathlib, sys
from PIL import Image
edits, images, ends_at = sys.argv[1:]
for n, folder in enumerate(sorted(pathlib.Path(edits).iterdir())):
    if n == int(ends_at):
        print("cannot go on: out of paint")
        sys.exit(3)
    masked = Image.open(folder / "masked.png")
    mask = Image.open(folder / "mask.png")
    grey = json.loads((folder / "edit.json").read_text())["sample"]
    masked.paste((grey, grey, grey), mask=mask)
    masked.save(pathlib.Path(images) / (folder.name + ".png"))
    with open(pathlib.Path(images, "../../done.txt"), "a") as file:
        file.write(folder.name + "\\n")
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)

    def make(ends_at=99, **options):
        command = [sys.executable, str(path), "{edits}", "{images}", str(ends_at)]
        given = {"command": command, "folder": str(tmp_path / "work"), "trust": True}
        return Command(**{**given, **options})

    return make


def done(tmp_path):
    path = tmp_path / "work" / "done.txt"
    return path.read_text().split() if path.exists() else []


def test_a_program_fills_the_masks_of_a_folder_of_edits(program):
    raw = program().edit(batch())
    assert raw.shape == (3, 3, 6, 8)
    expected = [10 * i / 127.5 - 1 for i in range(3)]
    assert raw[:, 0, 2, 2].tolist() == pytest.approx(expected, abs=1e-6)
    assert raw[0, 0, 0, 0].item() == pytest.approx(0.2, abs=1 / 127)


def test_finished_images_are_not_made_again(program, tmp_path):
    program().edit(batch())
    again = program().edit(batch())
    assert len(done(tmp_path)) == 3
    assert again.shape == (3, 3, 6, 8)


def test_an_interrupted_program_goes_on_where_it_stopped(program, tmp_path):
    with pytest.raises(EditFailed):
        program(ends_at=2).edit(batch())
    assert len(done(tmp_path)) == 2
    # The same command line, so the same edits: only the program behaves otherwise now.
    resumed = program(ends_at=2)
    resumed.edit(batch())
    assert len(done(tmp_path)) == 3


def test_a_changed_edit_is_made_again(program, tmp_path):
    program().edit(batch())
    changed = batch()
    changed.labels[0] = 1
    program().edit(changed)
    assert len(done(tmp_path)) == 4


def test_the_log_is_shown_when_the_program_fails(program):
    editor = program(ends_at=0)
    with pytest.raises(EditFailed) as failed:
        editor.edit(batch())
    sentence = str(failed.value)
    assert "ended with code 3 and left no whole 8x6 image e0-" in sentence
    assert "cannot go on: out of paint (log: " in sentence
    assert len(sentence.splitlines()) == 1
    assert failed.value.log == "cannot go on: out of paint\n"


def test_what_failed_edits_were_given_is_there_once_and_until_they_succeed(tmp_path):
    (tmp_path / "program.py").write_text(
        "import pathlib, shutil, sys\n"
        "edits, images = map(pathlib.Path, sys.argv[1:])\n"
        f"if not pathlib.Path({str(tmp_path / 'paint')!r}).exists(): sys.exit('out of paint')\n"
        "for one in edits.iterdir(): shutil.copy(one / 'masked.png', images / f'{one.name}.png')\n"
    )
    command = [sys.executable, str(tmp_path / "program.py"), "{edits}", "{images}"]
    editor = Command(command, str(tmp_path / "work"), trust=True)
    given, written = tmp_path / "work" / "edits", tmp_path / "work" / "out"
    for _ in range(2):
        with pytest.raises(EditFailed):
            editor.edit(batch())
        assert [(edit / "mask.png").is_file() for edit in given.glob("*/*")] == [True] * 3
        assert list(written.iterdir()) == []
    # As the harness does where a batch has failed.
    with pytest.raises(EditFailed):
        editor.edit(batch().take([1]))
    (tmp_path / "paint").touch()
    editor.edit(batch())
    assert list(given.iterdir()) == []


def test_a_program_that_takes_too_long_is_stopped_and_says_so(tmp_path):
    slow = [sys.executable, "-c", "import sys, time; time.sleep(60)", "{edits}", "{images}"]
    editor = Command(slow, str(tmp_path), timeout=0.2, trust=True)
    with pytest.raises(EditFailed, match=r"took more than 0\.2 s"):
        editor.edit(batch(1))


def test_its_folder_may_lie_in_the_users_home(program, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    program(folder="~/work").edit(batch(1))
    assert len(list((tmp_path / "work" / "images").iterdir())) == 1


def test_half_an_image_does_not_count(program, tmp_path):
    editor = program()
    editor.edit(batch(1))
    (finished,) = (tmp_path / "work" / "images").iterdir()
    whole = finished.read_bytes()
    half = whole[: len(whole) // 2]
    finished.unlink()
    left = tmp_path / "work" / "out" / finished.stem
    left.mkdir()
    (left / finished.name).write_bytes(half)
    editor.edit(batch(1))
    assert finished.read_bytes() == whole
    assert len(done(tmp_path)) == 2
    # Nor does one that was whole when it was kept.
    finished.write_bytes(half)
    editor.edit(batch(1))
    assert finished.read_bytes() == whole


def test_what_a_start_that_was_killed_left_whole_is_kept(program, tmp_path):
    editor = program()
    editor.edit(batch(2))
    first, _ = sorted((tmp_path / "work" / "images").iterdir())
    left = tmp_path / "work" / "out" / first.stem
    left.mkdir()
    first.rename(left / first.name)
    editor.edit(batch(2))
    assert first.is_file()
    assert len(done(tmp_path)) == 2


def test_a_program_that_empties_the_folder_it_writes_to_harms_no_other_start(tmp_path):
    code = (
        "import pathlib, shutil, sys\n"
        "edits, out = map(pathlib.Path, sys.argv[1:])\n"
        "shutil.rmtree(out)\n"
        "out.mkdir()\n"
        "for edit in edits.iterdir():\n"
        "    shutil.copy(edit / 'masked.png', out / (edit.name + '.png'))\n"
    )
    command = [sys.executable, "-c", code, "{edits}", "{images}"]
    others = tmp_path / "out" / "e9-0" / "e9-0.png"
    others.parent.mkdir(parents=True)
    others.touch()
    editor = Command(command, str(tmp_path), trust=True)
    assert editor.edit(batch(1)).shape == (1, 3, 6, 8)
    assert others.exists()


def test_two_runs_of_the_same_edits_share_a_folder(program, tmp_path, monkeypatch):
    """The other run begins and ends between what this one's program is given and its start."""

    def begun(words, logs):
        monkeypatch.undo()
        program().edit(batch())
        return Program(words, logs)

    monkeypatch.setattr("baselines.external.command.Program", begun)
    assert program().edit(batch()).shape == (3, 3, 6, 8)
    assert len(list((tmp_path / "work" / "images").iterdir())) == 3
    assert list((tmp_path / "work" / "out").iterdir()) == []


def test_a_folder_that_cannot_be_removed_costs_no_image(program, tmp_path, monkeypatch):
    """On NFS a folder in which somebody holds a file open is not empty."""

    def busy(path, ignore_errors=False):
        if not ignore_errors:
            raise OSError(errno.ENOTEMPTY, "Directory not empty", str(path))

    monkeypatch.setattr(shutil, "rmtree", busy)
    assert program().edit(batch(1)).shape == (1, 3, 6, 8)


@pytest.mark.parametrize("name", ["0001 (copy).txt", "2nd.txt"])
def test_other_files_among_the_logs_harm_nothing(program, tmp_path, name):
    logs = tmp_path / "work" / "logs"
    logs.mkdir(parents=True)
    (logs / name).touch()
    program().edit(batch(1))
    assert (logs / "0001.txt").is_file()


def test_a_program_that_removes_its_log_still_fails_with_its_code(tmp_path):
    command = ["sh", "-c", f"rm -r '{tmp_path}/logs'; exit 3 # {{edits}} {{images}}"]
    with pytest.raises(EditFailed, match=r"ended with code 3 .* printed nothing"):
        Command(command, str(tmp_path), trust=True).edit(batch(1))


def test_the_folder_says_everything_of_an_edit(program, tmp_path):
    # What a failed start was given stays, to be looked at.
    with pytest.raises(EditFailed):
        program(ends_at=0, needs=["instances"]).edit(batch(1))
    (folder,) = (tmp_path / "work" / "edits").glob("*/*")
    labels = np.asarray(Image.open(folder / "labels.png"))
    instances = np.asarray(Image.open(folder / "instances.png"))
    mask = np.asarray(Image.open(folder / "mask.png"))
    facts = json.loads((folder / "edit.json").read_text())
    assert (labels[0, 0], labels[1, 1]) == (65535, 0)
    assert (instances[0, 0], instances[5, 0]) == (0, 1)
    assert set(np.unique(mask)) == {0, 255}
    assert (facts["id"], facts["region"], facts["classes"]) == ("e0", "sky", ["sky", "grass"])
    assert (facts["prompt"], facts["task"], facts["protocol"]) == ("a blue sky", "t", "freeform@1")


def test_nothing_runs_without_agreement_and_the_sentence_says_what_would(program):
    with pytest.raises(BadInput, match=r"would run the program .*program\.py.*--trust"):
        program(trust=False)


def test_a_command_needs_both_places_and_a_program(program):
    with pytest.raises(BadInput, match=r"command: has no \{images\}"):
        program(command="paint {edits}")
    with pytest.raises(BadInput, match="command: is empty"):
        program(command=[])
    with pytest.raises(BadInput, match=r"command: .*No closing quotation"):
        program(command="paint 'x {edits} {images}")
    with pytest.raises(BadInput, match="no program 'no-such-generate'"):
        program(command="no-such-generate {edits} {images}")
    with pytest.raises(BadInput, match=r"needs: \['references'\]"):
        program(needs=["references"])


def test_the_seed_in_the_folder_is_the_edits_own(program, tmp_path):
    names = []
    for seeds in ((("m", 1),), (("m", 2),)):
        with pytest.raises(EditFailed):
            program(ends_at=0, folder=str(tmp_path / str(len(names)))).edit(
                replace(batch(1), seeds=seeds)
            )
        (folder,) = (tmp_path / str(len(names)) / "edits").glob("*/*")
        names.append(json.loads((folder / "edit.json").read_text())["seed"])
    assert names[0] != names[1]
    assert all(0 <= seed < 2**31 for seed in names)


def test_every_start_is_counted_and_has_its_own_log(program, tmp_path):
    editor = program(ends_at=0)
    for _ in range(2):
        with pytest.raises(EditFailed, match=rf"\(start {editor.starts + 1}\)"):
            editor.edit(batch(1))
    assert editor.starts == 2
    assert sorted(p.name for p in (tmp_path / "work" / "logs").iterdir()) == [
        "0001.txt",
        "0002.txt",
    ]


def test_a_changed_program_is_another_method_and_makes_its_images_anew(program, tmp_path):
    before = program()
    before.edit(batch(1))
    (tmp_path / "program.py").write_text(PROGRAM + "# changed\n")
    after = program()
    assert before.identity["files"].keys() == after.identity["files"].keys()
    assert before.identity != after.identity
    after.edit(batch(1))
    assert len(done(tmp_path)) == 2


def test_the_files_that_a_command_line_names_are_part_of_its_identity(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("edit.py", "conf.yaml", "unused.txt"):
        (tmp_path / name).write_text(name)
    command = "python edit.py --config=conf.yaml --edits {edits} --out {images} none.txt"
    files = Command(command, "work", trust=True).identity["files"]
    assert sorted(files) == ["--config=conf.yaml", "edit.py"]
    assert files["edit.py"] == hashlib.sha256(b"edit.py").hexdigest()


def test_a_suite_of_before_may_say_pictures(program, tmp_path):
    command = [sys.executable, str(tmp_path / "program.py"), "{edits}", "{pictures}", "99"]
    assert program(command=command).edit(batch()).shape == (3, 3, 6, 8)


def test_a_program_that_takes_too_long_leaves_nothing_running(tmp_path):
    """Neither the program nor what it has started itself."""
    code = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "pathlib.Path(sys.argv[2], '../../pid.txt').write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, "{edits}", "{images}"]
    editor = Command(command, str(tmp_path), timeout=5, trust=True)
    with pytest.raises(EditFailed, match="took more than 5 s"):
        editor.edit(batch(1))
    assert ended(int((tmp_path / "pid.txt").read_text()))


FILLER = """
import argparse, pathlib
from PIL import Image
parser = argparse.ArgumentParser()
parser.add_argument("--dpath")
parser.add_argument("--mpath")
parser.add_argument("--outdir")
given = parser.parse_args()
out = pathlib.Path(given.outdir)
for path in sorted(pathlib.Path(given.dpath).iterdir()):
    image = Image.open(path)
    mask = Image.open(pathlib.Path(given.mpath) / path.name)
    if image.size != (16, 12) or mask.size != image.size or mask.mode != "L":
        raise SystemExit(f"{path.name} is {image.size}")
    # White is known: what is not gets a colour, and known pixels lose theirs.
    filled = Image.new("RGB", image.size, (0, 0, 0))
    filled.paste((200, 100, 50), mask=mask.point(lambda level: 255 - level))
    filled.save(out / path.name)
"""


def filler(tmp_path, **options):
    """A program that knows a folder of images and one of masks, as many repositories of the field do."""
    (tmp_path / "fill.py").write_text(FILLER)
    command = [sys.executable, str(tmp_path / "fill.py"), "--dpath", "{edits}/images"]
    command += ["--mpath", "{edits}/masks", "--outdir", "{images}"]
    given = {"form": "images", "size": (12, 16), "mask": "known", **options}
    return Command(command, str(tmp_path / "work"), trust=True, **given)


def test_a_program_may_know_images_and_masks_alone(tmp_path):
    editor, edits = filler(tmp_path), batch()
    edits.mask[:, :, 1:, 2:] = 1
    raw = editor.edit(edits)
    assert raw.shape == (3, 3, 6, 8)
    inside = (torch.tensor([200.0, 100.0, 50.0]) / 127.5 - 1).tolist()
    assert raw[1, :, 3, 5].tolist() == pytest.approx(inside, abs=1e-6)
    assert raw[1, :, 0, 0].tolist() == [-1, -1, -1]
    filler(tmp_path).edit(edits)
    assert len(list((tmp_path / "work" / "images").iterdir())) == 3
    assert editor.starts == 1


def test_white_is_what_changes_unless_the_program_wants_it_otherwise(tmp_path):
    edits = batch()
    edits.mask[:, :, 1:, 2:] = 1
    raw = filler(tmp_path, mask="edit").edit(edits)
    assert raw[0, :, 3, 5].tolist() == [-1, -1, -1]


def test_an_image_of_another_size_than_was_asked_for_does_not_count(tmp_path):
    with pytest.raises(EditFailed, match="left no whole 9x9 image"):
        filler(tmp_path, size=(9, 9)).edit(batch())


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("", r"\.png \(there is none; 1 missing\)"),
        (
            "from PIL import Image; Image.new('RGB', (3, 4)).save(out / (name + '.png'))",
            r"left no whole 8x6 image .* \(it is 3x4; 1 missing\)",
        ),
        ("(out / (name + '.png')).write_bytes(b'')", r"it cannot be read as an image; 1 missing"),
        ("(out / (name + '.jpg')).write_bytes(b'')", r"it wrote e0-\w+\.jpg; 1 missing"),
    ],
)
def test_what_a_program_left_in_place_of_its_image_is_said(tmp_path, left, told):
    lines = [
        "import pathlib, sys",
        "edits, out = map(pathlib.Path, sys.argv[1:])",
        "name = next(edits.iterdir()).name",
        left,
    ]
    command = [sys.executable, "-c", "\n".join(lines), "{edits}", "{images}"]
    with pytest.raises(EditFailed, match=told):
        Command(command, str(tmp_path), trust=True).edit(batch(1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"form": "folder"}, "size and mask are for `form: images`"),
        ({"form": "folder", "size": None}, "size and mask are for `form: images`"),
        ({"size": (4, 4)}, "size: must be at least 8 pixels"),
    ],
)
def test_a_size_that_has_no_use_is_refused(tmp_path, options, words):
    with pytest.raises(BadInput, match=words):
        filler(tmp_path, **options)
