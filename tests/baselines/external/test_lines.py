"""A program that is told one edit a line: one start for a task, one answer for an edit."""

from __future__ import annotations

import gc
import json
import queue
import subprocess
import sys
from pathlib import Path

import pytest

from baselines.external.command import Command
from baselines.external.lines import Dialogue
from bench.core.errors import BadInput, EditFailed
from bench.run.suite_run import run_suite
from bench.suite.schema import parse_suite
from tests.baselines.external.edits import batch, ended
from tests.bench.run.made_suite import suite_text, write_data

PROGRAM = """
import json, os, sys
from PIL import Image
work = sys.argv[1]
with open(work + "/pids.txt", "a") as file:
    print(os.getpid(), file=file)
for line in sys.stdin:
    edit = json.loads(line)
    with open(work + "/asked.txt", "a") as file:
        file.write(line)
    print("editing", edit["id"], file=sys.stderr)
    masked = Image.open(edit["masked"])
    grey = edit["sample"]
    masked.paste((grey, grey, grey), mask=Image.open(edit["mask"]))
    answer = {"id": edit["id"], "result": edit["result"]}
    CHANGE
    masked.save(edit["result"])
    print(json.dumps(answer))
print("the input has ended", file=sys.stderr)
"""


@pytest.fixture
def made(tmp_path):
    """Makes the editor; `change` is a line of the program before it saves and answers."""
    editors = []

    def make(change="pass", **options):
        path = tmp_path / "program.py"
        path.write_text(PROGRAM.replace("CHANGE", change))
        command = [sys.executable, str(path), str(tmp_path)]
        given = {"command": command, "folder": str(tmp_path / "work"), "form": "lines"}
        editors.append(Command(**{**given, "timeout": 60, "trust": True, **options}))
        return editors[-1]

    yield make
    for editor in editors:
        editor.close()


def asked(tmp_path: Path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "asked.txt").read_text().splitlines()]


def pids(tmp_path: Path) -> list[int]:
    return [int(line) for line in (tmp_path / "pids.txt").read_text().split()]


def test_one_process_answers_all_edits_of_a_task(made, tmp_path):
    editor = made()
    raw = editor.edit(batch(3))
    assert raw.shape == (3, 3, 6, 8)
    assert raw[:, 0, 2, 2].tolist() == pytest.approx([g / 127.5 - 1 for g in (0, 10, 20)], abs=1e-6)
    editor.edit(batch(5))
    assert editor.starts == 1
    assert [edit["id"] for edit in asked(tmp_path)] == ["e0", "e1", "e2", "e3", "e4"]
    editor.edit(batch(1, task="another"))
    assert editor.starts == len(pids(tmp_path)) == 2
    assert ended(pids(tmp_path)[0])


def test_a_line_says_everything_of_an_edit(made, tmp_path):
    made().edit(batch(1))
    (edit,) = asked(tmp_path)
    expected = {"id": "e0", "scene": "s0", "operation": "inpaint", "prompt": "a blue sky"}
    assert {key: edit[key] for key in expected} == expected
    assert 0 <= edit["seed"] < 2**31
    for name in ("masked", "mask", "labels", "instances", "facts", "result"):
        assert Path(edit[name]).is_absolute()


def test_an_edit_that_stands_there_for_padding_is_asked_once(made, tmp_path):
    made().edit(batch(2).take([0, 1, 1, 1]))
    assert len(asked(tmp_path)) == 2


def test_finished_images_are_found_again(made, tmp_path):
    made().edit(batch(3))
    again = made()
    again.edit(batch(3))
    assert (again.starts, len(asked(tmp_path))) == (0, 3)


def test_two_runs_of_the_same_edits_share_a_folder(made, monkeypatch):
    """The other run begins and ends between what this one's program is given and its start."""

    def begun(words, logs):
        monkeypatch.undo()
        made().edit(batch(1))
        return Dialogue(words, logs)

    monkeypatch.setattr("baselines.external.command.Dialogue", begun)
    assert made().edit(batch(1)).shape == (1, 3, 6, 8)


def test_an_error_fails_its_own_edit_and_the_program_goes_on(made, tmp_path):
    refuse = 'if edit["id"] == "e1": print(json.dumps({"id": "e1", "error": "too dark"})); continue'
    editor = made(refuse)
    with pytest.raises(EditFailed, match=r"^too dark$"):
        editor.edit(batch(3))
    assert editor.edit(batch(3).take([0, 2])).shape == (2, 3, 6, 8)
    with pytest.raises(EditFailed, match=r"^too dark$"):
        editor.edit(batch(3).take([1]))
    assert editor.starts == 1
    assert len(asked(tmp_path)) == 3


def test_what_a_failed_edit_was_given_is_there_once_and_until_it_succeeds(made, tmp_path):
    refuse = (
        'if not os.path.exists(work + "/paint"): print(\'{"id": "e0", "error": "no"}\'); continue'
    )
    editor, given = made(refuse), tmp_path / "work" / "edits"
    for _ in range(2):
        with pytest.raises(EditFailed):
            editor.edit(batch(1))
        editor.close()
        assert [(one / "mask.png").is_file() for one in given.iterdir()] == [True]
    (tmp_path / "paint").touch()
    editor.edit(batch(1))
    assert list(given.iterdir()) == []


def test_a_program_that_ends_is_told_at_once_with_the_last_line_of_its_log(made, tmp_path):
    editor = made('if edit["id"] == "e1": raise ValueError("out of paint")')
    with pytest.raises(EditFailed) as failed:
        editor.edit(batch(3))
    log = tmp_path / "work" / "logs" / "0001.txt"
    assert str(failed.value) == (
        f"program {sys.executable!r} (start 1) ended with code 1 before it answered: "
        f"ValueError: out of paint (log: {log})"
    )
    assert "Traceback" in failed.value.log
    # The edit after it was asked of a second start, which has a log of its own.
    assert editor.starts == 2
    assert (tmp_path / "work" / "logs" / "0002.txt").read_text() == "editing e2\n"


def test_the_end_of_a_program_is_told_though_its_children_hold_its_output(made, monkeypatch):
    """Workers that load data outlive a program that is killed: its output never ends."""
    monkeypatch.setattr("baselines.external.lines._PARTING", 0.1)
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "sys.exit(3)\n"
    )
    editor = made(command=[sys.executable, "-c", code])
    with pytest.raises(EditFailed, match="ended with code 3 before it answered"):
        editor.edit(batch(1))


def test_a_program_reads_its_lines_in_whichever_encoding(made, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    made(folder=str(tmp_path / "Küche")).edit(batch(1))
    assert "Küche" in asked(tmp_path)[0]["result"]


def test_a_late_answer_fails_its_edit_once_and_the_program_is_ended(made, tmp_path):
    late = 'import time; time.sleep(600 if edit["id"] == "e1" else 0)'
    editor = made(late, timeout=10)
    editor.edit(batch(1))
    editor.timeout = 0.5
    with pytest.raises(EditFailed, match=r"gave no answer within 0\.5 s and was ended: editing e1"):
        editor.edit(batch(2))
    assert ended(pids(tmp_path)[0])
    with pytest.raises(EditFailed, match="gave no answer"):
        editor.edit(batch(2).take([1]))
    assert editor.starts == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ('print("loading ..."); continue', r"wrote 'loading \.\.\.' where a line of JSON"),
        (
            'print(json.dumps({"id": edit["id"]})); continue',
            "where a line of JSON with id and resul",
        ),
        ("print('[1]'); continue", r"wrote '\[1\]' where a line of JSON"),
        ('answer["id"] = "other"', "answered 'other' when it was asked for 'e0'"),
        ('answer["result"] = "none.png"', r"answered none\.png, which is no whole 8x6 image"),
        ("masked = masked.resize((4, 4))", "which is no whole 8x6 image"),
        ("os.close(1); import time; time.sleep(600)", "closed its standard output and was ended"),
        ("sys.exit(0)", "ended with code 0 before it answered"),
    ],
)
def test_a_program_that_breaks_the_protocol_is_told_so(made, change, sentence):
    with pytest.raises(EditFailed, match=sentence) as failed:
        made(change).edit(batch(1))
    assert len(str(failed.value).splitlines()) == 1


def test_closing_the_editor_lets_the_program_end_by_itself(made, tmp_path):
    editor = made()
    editor.edit(batch(1))
    editor.close()
    assert ended(pids(tmp_path)[0])
    assert "the input has ended" in (tmp_path / "work" / "logs" / "0001.txt").read_text()
    editor.edit(batch(2))
    assert editor.starts == 2


def test_ctrl_c_while_it_waits_ends_the_program(made, tmp_path, monkeypatch):
    editor = made()
    editor.edit(batch(1))

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(queue.Queue, "get", interrupted)
    with pytest.raises(KeyboardInterrupt):
        editor.edit(batch(2))
    assert ended(pids(tmp_path)[0])


def test_an_editor_that_is_dropped_takes_its_program_with_it(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM.replace("CHANGE", "pass"))
    command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path)]
    editor = Command(command, str(tmp_path / "work"), form="lines", trust=True)
    editor.edit(batch(1))
    del editor
    gc.collect()
    assert ended(pids(tmp_path)[0])


def test_the_end_of_python_ends_the_program(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM.replace("CHANGE", "pass"))
    code = (
        "import sys; from baselines.external.command import Command\n"
        "from tests.baselines.external.edits import batch\n"
        f"command = [sys.executable, {str(tmp_path / 'program.py')!r}, {str(tmp_path)!r}]\n"
        f"editor = Command(command, {str(tmp_path / 'work')!r}, form='lines', trust=True)\n"
        "editor.edit(batch(1))\n"
        "raise KeyboardInterrupt\n"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=False)
    (pid,) = pids(tmp_path)
    assert ended(pid)


def test_lines_need_no_places_and_a_time_above_zero(made):
    with pytest.raises(BadInput, match=r"has \{edits\}, but with `form: lines`"):
        made(command="python x.py {edits}")
    with pytest.raises(BadInput, match="timeout: must be above 0 seconds, but is 0"):
        made(timeout=0)


def test_a_run_is_carried_out_by_one_start_a_task(tmp_path):
    data = write_data(tmp_path / "rooms", 2)
    (tmp_path / "program.py").write_text(PROGRAM.replace("CHANGE", "pass"))
    command = json.dumps([sys.executable, str(tmp_path / "program.py"), str(tmp_path)])
    options = f"{{command: {command}, folder: {tmp_path / 'work'}, form: lines}}"
    methods = f"[{{name: ours, editor: command, options: {options}}}]"
    tasks = "[{dataset: rooms, protocol: [freeform@1, extension@1]}]"
    suite = parse_suite(suite_text(data, methods=methods, tasks=tasks), "made.yaml")
    outcome = run_suite(suite, out=tmp_path / "run", device="cpu", workers=1, trust=True)
    assert (outcome.edits, outcome.failed) == (4, 0)
    assert len(pids(tmp_path)) == 2
    assert all(ended(pid) for pid in pids(tmp_path))
