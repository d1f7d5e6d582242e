"""A failed edit keeps its traceback and what was printed; what an editor prints is heard apart."""

from __future__ import annotations

import contextlib
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from bench.core.device import capturing
from bench.core.errors import EditFailed
from bench.run.editing.failures import failure_of, write_failures
from bench.run.editing.printed import hearing, listening
from bench.run.editing.runner import MethodRunner
from bench.run.layout import RunFolder
from bench.run.methods import Method
from bench.run.suite_run import run_suite
from bench.suite.schema import MethodEntry, parse_suite
from tests.bench.run.editing.test_runner import SPACE, edits
from tests.bench.run.made_suite import suite_text, write_data


def method(editor, **entry) -> Method:
    return Method("m", "m", MethodEntry(name="m", editor="m", **entry), editor, {})


class Grey:
    needs: frozenset[str] = frozenset()

    def edit(self, batch):
        return torch.zeros_like(batch.masked)


def caught(call) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def breaks(edit: str) -> None:
    raise RuntimeError(f"edit {edit} lies at 0x7f{len(edit)}ab")


def test_the_text_has_the_traceback_and_what_was_printed() -> None:
    failure = failure_of(caught(lambda: breaks("a1")), ["a1"], "loading\n")
    assert failure.reason.startswith("RuntimeError: edit a1 lies at")
    assert failure.text.startswith("first seen with: a1\n\nTraceback (most recent call last):\n")
    assert "in breaks" in failure.text
    assert failure.text.endswith("what it printed:\n\nloading\n")


def test_edits_that_fail_alike_share_a_file_and_others_do_not() -> None:
    one, two = (failure_of(caught(lambda e=e: breaks(e)), [e]) for e in ("a1", "scene77"))
    other = failure_of(caught(lambda: [][1]), ["a1"])
    assert one.name == two.name != other.name


def test_a_path_says_nothing_of_this_machine() -> None:
    home = Path.home() / "models" / "weights.pt"
    failure = failure_of(EditFailed("no", log=f"{home}\n{pd.__file__}\n{__file__}"), ["a"])
    printed = failure.text.split("what it printed:\n\n")[1].splitlines()
    assert printed == [
        "…/weights.pt",
        "pandas/__init__.py",
        "tests/bench/run/editing/test_failures.py",
    ]


def test_a_sentence_without_traceback_or_print_has_no_file() -> None:
    failure = failure_of(EditFailed("too small"), ["a"])
    assert (failure.reason, failure.text, failure.name) == ("too small", "", "")


def test_the_first_text_of_a_file_stays(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    one, two = (failure_of(caught(lambda e=e: breaks(e)), [e]) for e in ("a1", "b2"))
    write_failures(folder, "t", "m", [one, two])
    (file,) = (tmp_path / "failures" / "t" / "m").iterdir()
    assert file.read_text() == one.text


def test_only_the_heard_thread_is_collected(capsys) -> None:
    import io

    heard = io.StringIO()
    with listening():
        with hearing(heard):
            print("mine")
            sys.stderr.write("warned\n")
            other = threading.Thread(target=lambda: print("another's"))
            other.start()
            other.join()
        print("later")
    assert heard.getvalue() == "mine\nwarned\n"
    assert capsys.readouterr().out == "another's\nlater\n"


def test_what_an_editor_prints_goes_with_its_failure_or_is_kept_apart(capsys) -> None:
    class Talkative(Grey):
        def edit(self, batch):
            print("about", *batch.ids[:1])
            if "1" in batch.ids:
                raise EditFailed("not this one")
            return super().edit(batch)

    outputs = MethodRunner(1, "cpu").run(method(Talkative()), edits(3), SPACE)
    assert outputs.printed == ["about 0\n", "about 2\n"]
    assert "what it printed:\n\nabout 1\n" in outputs.failures[1].text
    assert capsys.readouterr().out == ""


def test_a_failure_is_the_same_in_a_warm_up_and_after_it() -> None:
    class Picky(Grey):
        def edit(self, batch):
            torch.ones(2) @ torch.ones(3)

    runner = MethodRunner(1, "cpu")
    cold = runner.run(method(Picky()), edits(1), SPACE).failures[0]
    runner._warm.add(("m", (3, 8, 8)))
    warm = runner.run(method(Picky()), edits(1), SPACE).failures[0]
    assert cold.name == warm.name != ""


def test_a_late_batch_fails_and_the_next_ones_go_on() -> None:
    release = threading.Event()
    captured = []

    class Late(Grey):
        def edit(self, batch):
            if batch.ids[0] == "0":
                release.wait(20)
            with contextlib.suppress(RuntimeError), capturing():
                captured.append(batch.ids[0])
            return super().edit(batch)

    class Other(Grey):
        def edit(self, batch):
            release.set()
            return super().edit(batch)

    runner = MethodRunner(2, "cpu")
    late = method(Late(), timeout=0.5)
    outputs = runner.run(late, edits(2), SPACE)
    sentence = "the editor took longer than the 0.5 s that the suite gives it for a batch"
    assert {f.reason for f in outputs.failures.values()} == {sentence}
    assert sorted(outputs.failures) == [0, 1]
    assert "release.wait" in outputs.failures[0].text
    assert len(runner.run(method(Other()), edits(2), SPACE).images) == 2
    assert len(runner.run(late, edits(4)[2:], SPACE).images) == 2
    assert set(captured) == {"2"}  # while others used the device nothing was captured


def test_an_editor_that_hangs_gets_no_further_batch() -> None:
    release = threading.Event()

    class Hanging(Grey):
        def edit(self, batch):
            release.wait(20)
            return super().edit(batch)

    outputs = MethodRunner(1, "cpu").run(method(Hanging(), timeout=0.2), edits(2), SPACE)
    release.set()
    assert outputs.failures[1].reason == "the editor is still busy with a batch that took too long"


def test_a_run_names_the_file_of_every_failed_edit(tmp_path: Path) -> None:
    class Moody(Grey):
        def edit(self, batch):
            if set(batch.ids) & {"scene1", "scene3"}:
                raise KeyError("mood")
            return super().edit(batch)

    data = write_data(tmp_path / "rooms")
    text = suite_text(
        data, tasks="[{dataset: rooms, protocol: freeform@1}]", methods="[copy, moody]"
    )
    outcome = run_suite(
        parse_suite(text, "s"), out=tmp_path / "run", device="cpu", editors={"moody": Moody()}
    )
    assert outcome.failed == 2
    samples = pd.concat(
        pd.read_parquet(f) for f in sorted((tmp_path / "run/samples/rooms-freeform").iterdir())
    )
    failed = samples[samples["status"] == "failed"]
    assert failed["edit"].tolist() == ["scene1", "scene3"]
    assert failed["failure"].nunique() == 1
    assert set(samples["failure"][samples["status"] == "ok"]) == {""}
    file = tmp_path / "run/failures/rooms-freeform/moody" / failed["failure"].iloc[0]
    assert outcome.first_failure == file
    assert "KeyError: 'mood'" in file.read_text()


class Muttering(Grey):
    """Speaks of a file whose name is not UTF-8."""

    def edit(self, batch):
        print("caf\udce9.png")
        if batch.ids[0] == "scene0":
            raise OSError("no caf\udce9.png")
        return super().edit(batch)


def test_what_no_file_can_hold_fails_no_run(tmp_path: Path) -> None:
    tasks = "[{dataset: rooms, protocol: freeform@1}]"
    text = suite_text(write_data(tmp_path / "rooms", 2), tasks=tasks, methods="[m]", batch_size="1")
    out = tmp_path / "run"
    run_suite(parse_suite(text, "s.yaml"), out=out, device="cpu", editors={"m": Muttering()})
    samples = pd.read_parquet(out / "samples" / "rooms-freeform" / "00000.parquet")
    assert list(samples["reason"]) == ["OSError: no caf\\udce9.png", ""]
    trace = out / "failures" / "rooms-freeform" / "m" / samples["failure"][0]
    assert "no caf\\udce9.png" in trace.read_text(encoding="utf-8")
    printed = out / "printed" / "rooms-freeform" / "m" / "00000.txt"
    assert printed.read_text(encoding="utf-8") == "caf\\udce9.png\n"


def test_the_reason_why_there_is_no_ground_truth_is_in_the_samples(tmp_path: Path) -> None:
    data = write_data(tmp_path / "rooms")
    text = suite_text(data, methods="[copy]", metrics="[l1]")
    run_suite(parse_suite(text, "s"), out=tmp_path / "run", device="cpu")
    reasons = {
        task: set(pd.read_parquet(tmp_path / "run/samples" / task)["no_ground_truth"])
        for task in ("rooms-freeform", "rooms-object-remove")
    }
    assert reasons == {
        "rooms-freeform": {""},
        "rooms-object-remove": {"an object removed from a photograph has no ground truth"},
    }


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_limit_is_positive(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        MethodEntry(name="m", editor="m", timeout=timeout)


def test_a_time_limit_changes_no_image() -> None:
    free = MethodRunner(2, "cpu").run(method(Grey()), edits(3), SPACE).images
    limited = MethodRunner(2, "cpu").run(method(Grey(), timeout=60), edits(3), SPACE).images
    for i, image in free.items():
        np.testing.assert_array_equal(image, limited[i])
