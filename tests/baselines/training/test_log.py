"""Losses are logged where TensorBoard is; where it is not, that is said once."""

import errno
import os
import sys
import warnings

import pytest

from baselines.training.log import Log
from bench.core.errors import BadInput


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


class FullDisk:
    """A TensorBoard writer on a disk that has no space left."""

    def _refuse(self, *_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    add_scalar = add_images = close = _refuse


def test_a_disk_that_is_full_is_one_sentence_while_something_is_logged(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.log._writer", lambda folder: FullDisk())
    log = Log(tmp_path)
    with pytest.raises(BadInput, match=r"cannot be written \(No space left on device\); free some"):
        log.losses({"l1": 1.0}, 1)
    log.close()  # what has failed is not asked again


def test_curves_that_cannot_be_closed_cost_no_training(tmp_path, monkeypatch):
    monkeypatch.setattr("baselines.training.log._writer", lambda folder: FullDisk())
    with pytest.warns(UserWarning, match="the last curves are lost"):
        Log(tmp_path).close()
