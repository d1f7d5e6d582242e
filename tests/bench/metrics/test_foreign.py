"""Code of others is seen in a metric, and inside one of ours."""

from pathlib import Path

import pytest

from bench.metrics import PerEdit, from_elsewhere, full_definition, made_elsewhere, make_metric
from bench.metrics.context import Context
from bench.metrics.fid import FrechetDistance
from bench.networks.feature_network import RememberedNetwork
from bench.plugins.kinds import METRICS


class Network:
    name = "mine"


class Distance(FrechetDistance):
    """Somebody's metric through a network of ours."""


OURS = make_metric("fd-procedural", {}, Context(cache=None))
THEIRS = RememberedNetwork(Network(), "cpu")


def test_a_metric_through_a_network_of_ours_is_ours():
    assert not from_elsewhere(OURS)
    assert made_elsewhere(OURS) == {}


@pytest.mark.parametrize(
    ("metric", "part"),
    [
        (FrechetDistance("fd-mine", "Mine", THEIRS), "network"),
        (Distance("mine", "Mine", OURS.network), "metric"),
    ],
)
def test_what_is_from_elsewhere_in_a_metric_is_named(metric, part):
    assert from_elsewhere(metric)
    assert list(made_elsewhere(metric)["elsewhere"]) == [part]


@pytest.mark.parametrize(
    ("definition", "added"),
    [
        ({}, {"options": {"power": 2}}),
        ({"power": 2}, {}),
        ({"how": [{"power": 2}]}, {}),
        ({"powers": 2}, {"options": {"power": 2}}),
    ],
)
def test_options_that_a_definition_forgets_stand_beside_it(definition, added):
    class Mine(PerEdit):
        name, title = "mine", "Mine"

        def __init__(self, context, power, file):
            pass

        def definition(self):
            return definition

        def measure(self, references, prepared, results):
            raise NotImplementedError

    with METRICS.offering({"mine": Mine}):
        metric = make_metric("mine", {"power": 2, "file": str(Path("/srv/a.txt").absolute())})
    assert full_definition(metric) == {**definition, **added}


@pytest.mark.parametrize(
    ("value", "setting"),
    [
        ("clip:/srv/weights/clip", "clip"),
        ("my.nets:Flat:/srv/weights", "my.nets:Flat"),
        ("/srv/odd:/name", None),
        ("thumbnail:8", "thumbnail:8"),
        ("https://example.org/a", "https://example.org/a"),
    ],
)
def test_where_a_networks_folder_lies_is_no_setting_of_a_metric(value, setting):
    class Mine(Distance):
        def __init__(self, context, network):
            super().__init__("mine", "Mine", OURS.network)

        def definition(self):
            return {}

    with METRICS.offering({"mine": Mine}):
        metric = make_metric("mine", {"network": value})
    assert full_definition(metric).get("options", {}).get("network") == setting
    assert made_elsewhere(metric)["elsewhere"]["options"] == {"network": setting}


def test_code_without_a_source_is_from_elsewhere_too():
    kind = type("Typed", (Distance,), {"__module__": "typed_in_a_notebook"})
    metric = kind("mine", "Mine", OURS.network)
    assert from_elsewhere(metric)
    assert made_elsewhere(metric) == {}
