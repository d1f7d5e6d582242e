"""Every registered metric keeps the contract, and the check finds what breaks it."""

import math

import numpy as np
import pytest

from bench.core.errors import Unavailable
from bench.metrics import PerEdit
from bench.metrics.conformance import check_metric
from bench.networks.weights import find
from bench.plugins.kinds import METRICS

NETWORKS = {
    "diversity": "alexnet",
    "fid": "inception-fid",
    "fid-bgr": "inception-fid",
    "fid-clean": "inception-fid",
    "fid-crop": "inception-fid",
    "fid-torchmetrics": "inception-fid",
    "ids": "inception-fid",
    "kid": "inception-fid",
    "kid-crop": "inception-fid",
    "lpips-alex": "alexnet",
    "lpips-alex-original": "alexnet",
    "lpips-squeeze": "squeezenet",
    "lpips-squeeze-original": "squeezenet",
    "lpips-vgg": "vgg16",
    "lpips-vgg-original": "vgg16",
    "prdc": "inception-fid",
}


@pytest.mark.parametrize("name", METRICS.names())
def test_every_registered_metric_conforms(name, random_weights, monkeypatch):
    if name == "cmmd":
        pytest.skip("CLIP's weights are not in the repository; test_cmmd.py tries its arithmetic")
    if name == "iqa":
        pytest.skip("pyiqa is of the session integration; test_iqa.py tries its metrics")
    if name in NETWORKS:
        folder = random_weights(NETWORKS[name])
        assert find(NETWORKS[name], [folder]) is not None
        monkeypatch.setenv("SIEBENCH_WEIGHTS", str(folder))
    assert METRICS.check(METRICS.get(name)) == []


def test_a_metric_without_its_weights_says_so_instead_of_failing(monkeypatch, tmp_path):
    monkeypatch.setenv("SIEBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(Unavailable, match="the weights of alexnet are not here"):
        check_metric(METRICS.get("lpips-alex"))


class Error(PerEdit):
    """Mean absolute error: the smallest metric there is."""

    name = "error"
    title = "Error"

    def definition(self):
        return {"formula": "mean absolute difference"}

    def measure(self, references, prepared, results):
        gaps = np.abs(results.astype(float) - references.images)
        return {self.name: gaps.mean(axis=(1, 2, 3)).tolist()}


def test_a_metric_of_twenty_lines_conforms():
    assert check_metric(Error) == []
    assert check_metric(Error()) == []


def broken(**changes):
    return type("Broken", (Error,), changes)


def nameless(self, references, prepared, results):
    return {"gap": [0.0] * len(references)}


def short(self, references, prepared, results):
    return {self.name: [0.0]}


def of_its_company(self, references, prepared, results):
    return {self.name: [float(results.mean())] * len(references)}


def writes(self, references, prepared, results):
    results[:] = 0
    return {self.name: [0.0] * len(references)}


def raises(self, references, prepared, results):
    raise ZeroDivisionError("division by zero")


def random(self, references, prepared, results):
    return {self.name: np.random.default_rng().random(len(references)).tolist()}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "has no `name`"),
        ({"title": ""}, "has no `title`"),
        ({"better": "more"}, "`better` is 'more', expected one of lower, higher, neither"),
        ({"regions": ("hole",)}, "expected one of image, mask, known, border"),
        ({"margin": -1.0}, "`margin` is -1.0"),
        ({"better": "higher"}, "noise scores"),
        ({"definition": lambda self: {"formula": object()}}, "not a JSON-like mapping"),
        ({"measure": nameless}, "column 'gap' is not named for it"),
        ({"measure": short}, "has 1 entries for 6 edits"),
        ({"measure": of_its_company}, "depend on the edits of other scenes"),
        ({"measure": writes}, "writes into the arrays"),
        ({"measure": raises}, "raises ZeroDivisionError"),
        ({"measure": random}, "other values for the same edits the second time"),
    ],
)
def test_what_breaks_the_contract_is_said_in_one_sentence(changes, sentence):
    if "regions" in changes:
        # A region that does not exist has no words either: the score is described by hand.
        from bench.metrics import ScoreInfo

        info = ScoreInfo("error", "Error", region="hole", better="lower")
        changes = {"scores": property(lambda self: (info,))}
    problems = check_metric(broken(**changes))
    assert any(sentence in problem for problem in problems), problems


def test_what_is_no_metric_at_all_is_said(tmp_path):
    assert check_metric(lambda context: 3) == [
        "gives a int, which is no subclass of siebench.Metric"
    ]
    assert "cannot be called with a Context alone" in check_metric(lambda context, level: None)[0]


def test_a_mean_that_is_none_is_found():
    from bench.metrics import Estimate

    def median(self, samples, references):
        if "error" not in samples:
            return [Estimate("error", None, reason="nothing was measured")]
        return [Estimate("error", float(samples["error"].median()) + 1)]

    [problem] = check_metric(broken(estimates=median))
    assert 'say summary = "set"' in problem
    assert math.isfinite(float(problem.split(" is ")[1].split(",")[0]))
