"""Ctrl-C or SIGTERM saves the step at hand, and training goes on from there to the same losses."""

import signal
import threading

import pytest

from baselines.training.loop import CHECKPOINT, WEIGHTS, train
from baselines.training.stopping import stop_asked
from tests.baselines.training.tiny import tiny


def test_the_first_ctrl_c_is_noted_and_the_second_stops(capsys):
    with stop_asked() as stopping:
        assert not stopping()
        signal.raise_signal(signal.SIGINT)
        assert stopping()
        assert "Ctrl-C again stops at once" in capsys.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_handler_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    with stop_asked(tell=False):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_outside_the_main_thread_nobody_asks():
    found = []

    def work():
        with stop_asked() as stopping:
            found.append(stopping())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]


def losses_of(config, folder, *, resume=False, interrupted=None, by=signal.SIGINT):
    """{step: losses} of a run; a signal comes while step `interrupted` is under way."""
    seen = {}

    def watch(done, total, losses):
        del total
        seen[done] = losses
        if done + 1 == interrupted:
            signal.raise_signal(by)

    if interrupted is None:
        train(config, folder, resume=resume, watch=watch)
    else:
        with pytest.raises(KeyboardInterrupt, match=f"after step {interrupted} of .* is saved"):
            train(config, folder, resume=resume, watch=watch)
    return seen


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_to_the_same_losses(tmp_path, by):
    config = tiny("spmpgan", steps=6, checkpoint=100)
    straight = losses_of(config, tmp_path / "straight")
    first = losses_of(config, tmp_path / "stopped", interrupted=3, by=by)
    assert list(first) == [1, 2, 3]
    assert (tmp_path / "stopped" / CHECKPOINT).is_file()
    assert not (tmp_path / "stopped" / WEIGHTS).exists()
    rest = losses_of(config, tmp_path / "stopped", resume=True)
    assert list(rest) == [4, 5, 6]
    assert {**first, **rest} == straight


class KilledError(Exception):
    """What a test ends a run with."""


def test_a_run_that_is_killed_between_checkpoints_goes_on_to_the_same_losses(tmp_path):
    config = tiny("spmpgan", steps=6, checkpoint=2)
    straight = losses_of(config, tmp_path / "straight")

    def killed(done, total, losses):
        if done == 5:
            raise KilledError

    with pytest.raises(KilledError):
        train(config, tmp_path / "killed", watch=killed)
    rest = losses_of(config, tmp_path / "killed", resume=True)
    assert rest == {step: straight[step] for step in (5, 6)}
