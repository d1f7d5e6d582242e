"""The bridge to pyiqa: closed forms of metrics that take no weights, and what is said without the library.

Those with the marker `integration` take the library; they ask it for nothing that must be downloaded.
"""

from __future__ import annotations

import random
import socket
import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image

from bench.core.errors import BadInput
from bench.metrics import Context, Missing
from bench.metrics.features import Crop
from bench.metrics.iqa import ImageQuality
from bench.metrics.make import make_metric

SQUARE = np.zeros((64, 64), bool)
SQUARE[20:40, 24:44] = True


@pytest.fixture
def edits(make_references):
    """Two edits of 64 x 64 pixels whose masked square is 8 grey levels brighter than the reference's."""
    images = np.random.default_rng(3).integers(8, 240, (2, 64, 64, 3), dtype=np.uint8)
    mask = np.stack([SQUARE, SQUARE])
    return make_references(images, mask), np.where(mask[..., None], images + np.uint8(8), images)


def measured(metric, references, results):
    return metric.measure(references, metric.prepare(references), results)


def test_without_the_library_the_metric_is_missing_with_its_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyiqa", None)
    made = make_metric("iqa:musiq")
    assert isinstance(made, Missing)
    assert "`pip install pyiqa`, whose licence is for noncommercial use" in made.reason


def test_metrics_of_one_library_answer_questions_of_their_own():
    def families(name):
        network = types.SimpleNamespace(lower_better=False)
        return {score.family for score in ImageQuality(name, network, "cpu", Crop()).scores}

    # A report's first screen has a column for each family.
    assert families("musiq") == {"iqa:musiq"}
    assert families("dists") == {"iqa:dists"}


def test_which_metric_of_the_library_must_be_said_once():
    made = make_metric("iqa")
    assert isinstance(made, Missing)
    assert made.reason == "say which metric of pyiqa, as in iqa:musiq"
    with pytest.raises(BadInput, match="'metric' is given too"):
        make_metric("iqa:psnr", {"metric": "ssim"})
    with pytest.raises(BadInput, match="'psnr' takes no argument; leave 'rgb' out"):
        make_metric("psnr:rgb")
    with pytest.raises(BadInput, match="option 'size' is 'big'"):
        make_metric("iqa:psnr", {"size": "big"})


@pytest.mark.integration
class TestWithTheLibrary:
    """What the library's own values are held against is in closed form."""

    @pytest.fixture(autouse=True)
    def _library(self):
        pytest.importorskip("pyiqa", reason="pyiqa is not installed")

    def test_psnr_of_image_and_crop_is_its_formula(self, edits):
        references, results = edits
        metric = make_metric("iqa:psnr", {"size": 40, "margin": 1.0})
        columns = measured(metric, references, results)
        squared = (results.astype(float) - references.images) ** 2
        for edit in range(2):
            whole = 10 * np.log10(255**2 / squared[edit].mean())
            assert columns["iqa:psnr"][edit] == pytest.approx(whole, abs=1e-3)
            crops = [
                np.asarray(
                    Image.fromarray(one[edit][10:50, 14:54]).resize(
                        (40, 40), Image.Resampling.BICUBIC
                    )
                ).astype(float)
                for one in (results, references.images)
            ]
            part = 10 * np.log10(255**2 / ((crops[0] - crops[1]) ** 2).mean())
            assert columns["iqa:psnr-crop"][edit] == pytest.approx(part, abs=1e-3)
        assert [score.better for score in metric.scores] == ["higher", "higher"]
        assert [score.region for score in metric.scores] == ["image", "mask"]
        assert metric.against == "ground-truth"

    def test_gmsd_of_equal_images_is_zero_and_lower_is_better(self, edits):
        references, _ = edits
        metric = make_metric("iqa:gmsd")
        columns = measured(metric, references, references.images)
        assert columns["iqa:gmsd"] == pytest.approx([0, 0], abs=1e-6)
        assert metric.scores[0].better == "lower"

    def test_entropy_needs_no_reference_and_is_in_bits(self, edits):
        references, _ = edits
        halves = np.zeros((2, 64, 64, 3), np.uint8)
        halves[:, :32] = 255
        metric = make_metric("iqa:entropy", {"size": 64})
        assert metric.against == "original"
        assert not metric.orders_canaries
        columns = measured(metric, references, halves)
        assert columns["iqa:entropy"] == pytest.approx([1, 1], abs=1e-5)

    def test_a_value_does_not_depend_on_what_stands_beside_it(self, edits):
        references, results = edits
        metric = make_metric("iqa:ssim")
        both = measured(metric, references, results)["iqa:ssim"]
        one = measured(metric, references.first(1), results[:1])["iqa:ssim"]
        assert both[0] == one[0]

    def test_the_definition_has_the_version_and_the_crop(self):
        first = make_metric("iqa:gmsd").definition()
        assert first == make_metric("iqa", {"metric": "gmsd"}).definition()
        assert first["library"].startswith("pyiqa 0.")
        assert first["weights"] is None
        assert first["crop"]["size"] == 299
        assert first != make_metric("iqa:gmsd", {"size": 128}).definition()

    def test_the_definition_has_the_hash_of_parameters_buffers_and_loose_arrays(self):
        class Network(torch.nn.Module):
            lower_better, metric_mode = True, "NR"

            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(2, 1)
                self.layer.register_buffer("mean", torch.zeros(2))
                self.loose = np.ones(3)

        def hashed():
            return ImageQuality("made", network, "cpu", Crop()).definition()["weights"]

        network = Network()
        found = [hashed()]
        with torch.no_grad():
            for tensor in (network.layer.weight, network.layer.mean):
                tensor += 1
                found.append(hashed())
        network.loose[0] = 2
        found.append(hashed())
        assert all(len(one) == 64 for one in found)
        assert len(set(found)) == 4

    def test_nothing_is_downloaded_unasked(self, monkeypatch):
        before = socket.getaddrinfo
        made = make_metric("iqa:musiq-ava")
        assert isinstance(made, Missing)
        assert made.reason == (
            "pyiqa's 'musiq-ava' needs weights that are not here; with --fetch it downloads them"
        )
        assert socket.getaddrinfo is before

    def test_what_the_library_lacks_or_siebench_has_itself_is_one_sentence(self):
        with pytest.raises(BadInput, match="unknown metric of pyiqa 'psnrr'; did you mean 'psnr'"):
            make_metric("iqa:psnrr")
        with pytest.raises(BadInput, match="'fid' is a score of whole sets; write fid, kid or fd"):
            make_metric("iqa:fid")

    def test_the_random_numbers_of_the_process_stay_as_they_were(self, edits):
        references, results = edits
        metric = make_metric("iqa:psnr")

        def states():
            return (
                random.getstate(),
                np.random.get_state()[1].tolist(),
                torch.get_rng_state().tolist(),
            )

        before = states()
        measured(metric, references, results)
        assert states() == before

    def test_it_conforms(self):
        from bench.metrics.conformance import check_metric

        assert check_metric(make_metric("iqa:ssim", {}, Context(cache=None))) == []

    def test_folders_are_scored_by_its_name(self, tmp_path):
        from bench.run.score import score_folders

        rng = np.random.default_rng(0)
        for folder in ("real", "fake", "masks"):
            (tmp_path / folder).mkdir()
            for i in range(3):
                image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
                if folder == "masks":
                    image = SQUARE[..., None].repeat(3, 2) * np.uint8(255)
                Image.fromarray(image).save(tmp_path / folder / f"{i}.png")
        plain = score_folders(tmp_path / "real", tmp_path / "fake", metrics=["iqa:psnr", "psnr"])
        assert [one.metric for one in plain] == ["iqa:psnr", "psnr"]
        assert plain[0].value == pytest.approx(plain[1].value, abs=1e-3)
        masked = score_folders(
            tmp_path / "real", tmp_path / "fake", masks=tmp_path / "masks", metrics=["iqa:psnr"]
        )
        assert [one.metric for one in masked] == ["iqa:psnr", "iqa:psnr-crop"]
