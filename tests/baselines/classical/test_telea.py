"""Telea's inpainting is OpenCV's; where that is missing, a sentence says what to install."""

import sys

import numpy as np
import pytest
import torch

from baselines.classical.telea import Telea
from bench.core.errors import Unavailable
from tests.baselines.classical.test_classical import batch_of, centre_mask, ramp


def test_the_fill_is_opencvs():
    cv2 = pytest.importorskip("cv2")
    mask = centre_mask()
    raw = Telea(radius=5).edit(batch_of(ramp(), mask))[0]
    grey = ((ramp() * ~mask + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    expected = cv2.inpaint(
        np.ascontiguousarray(grey), mask.numpy().astype(np.uint8), 5, cv2.INPAINT_TELEA
    )
    found = ((raw + 1) * 127.5).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3)
    torch.testing.assert_close(raw[:, ~mask], ramp()[:, ~mask], atol=1 / 127, rtol=0)


def test_without_opencv_the_sentence_names_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(Unavailable, match="run `pip install opencv-python-headless`"):
        Telea()
