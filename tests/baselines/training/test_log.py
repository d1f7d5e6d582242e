"""Losses are logged where TensorBoard is; where it is not, that is said once."""

import sys
import warnings

import pytest

from baselines.training.log import Log


def test_without_tensorboard_the_warning_names_the_library_and_training_goes_on(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.warns(UserWarning, match="run `pip install tensorboard`"):
        log = Log(tmp_path)
    assert not log.installed
    log.losses({"l1": 1.0}, 1)
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_other_processes_than_the_first_log_nothing_and_say_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log = Log(tmp_path, active=False)
    assert not log.installed
    assert list(tmp_path.iterdir()) == []
