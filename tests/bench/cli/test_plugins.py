"""`siebench plugins`: what is registered, by kind."""

GREY = """
class Grey:
    \"\"\"Paints one grey.\"\"\"

    needs = frozenset()

    def __init__(self, level: float = 0.0) -> None:
        self.level = level

    def edit(self, batch):
        import torch

        return torch.full_like(batch.masked, self.level)
"""


def test_list_names_each_with_its_source_and_a_broken_one_with_its_reason(call, install) -> None:
    points = {"grey": "my_grey:Grey", "bad": "my_grey:Nothing"}
    install("my-editors", {"editors": points}, {"my_grey": GREY})
    code, out, err = call("plugins", "list", "editors")
    assert (code, err) == (0, "")
    assert "  grey: Paints one grey.\n      from my-editors 1.0 (my_grey:Grey)\n" in out
    assert "  bad: cannot be used: cannot be imported (AttributeError" in out
    assert "  copy: " in out


def test_show_tells_options(call, install) -> None:
    install("my-editors", {"editors": {"grey": "my_grey:Grey"}}, {"my_grey": GREY})
    code, out, _ = call("plugins", "show", "editors", "grey")
    assert code == 0
    assert "level: number; 0.0 if left out" in out


def test_a_kind_that_there_is_not_gets_the_nearest_one(call) -> None:
    code, _, err = call("plugins", "list", "editros")
    assert code == 2
    assert "did you mean 'editors'" in err


SEGMENTER = """
import numpy as np
from bench.scene import LabelSpace


class Named:
    \"\"\"Every pixel has the class of its argument.\"\"\"

    name = "named"
    space = LabelSpace("two", ("a", "b"), ((0, 0, 0),) * 2)

    def __init__(self, argument, device, folders):
        self.label = int(argument or 0)

    def identity(self):
        return {"label": self.label}

    def segment(self, images):
        return np.full(images.shape[:3], self.label, np.int32)
"""


def test_a_segmenter_is_checked_with_what_stands_behind_its_colon(call, install) -> None:
    install("my-segmenters", {"segmenters": {"named": "my_named:Named"}}, {"my_named": SEGMENTER})
    assert call("plugins", "check", "segmenters", "named:1")[:2] == (
        0,
        "segmenter named:1: conforms\n",
    )
    assert call("plugins", "check", "segmenters", "named")[0] == 0
    code, out, _ = call("plugins", "check", "segmenters", "named:7")
    assert code == 1
    assert "gives labels from 7 to 7; expected 0 to 1" in out
    code, _, err = call("plugins", "check", "segmenters", "onnx")
    assert (code, err) == (2, "siebench: segmenter 'onnx': say which, as in onnx:FILE\n")
    assert (
        "its constructor raised ValueError" in call("plugins", "check", "segmenters", "named:x")[2]
    )


SCALED = """
import numpy as np


class Scaled:
    def __init__(self, device, folders, factor="1"):
        self.name, self.factor = f"scaled-{factor}", float(factor)

    def features(self, images):
        return (images.mean(axis=(1, 2)) * self.factor).astype(np.float32)

    def identity(self):
        return {"network": self.name}
"""


def test_a_feature_network_is_checked_with_what_stands_behind_its_colon(call, install) -> None:
    install("my-scaled", {"networks": {"scaled": "my_scaled:Scaled"}}, {"my_scaled": SCALED})
    for name in ("scaled", "scaled:2"):
        conforms = f"feature network {name}: conforms\n"
        assert call("plugins", "check", "networks", name)[:2] == (0, conforms)
    code, out, _ = call("plugins", "check", "networks", "scaled:0")
    assert code == 1
    assert "gives the same features for different images" in out
    assert (
        "its constructor raised ValueError" in call("plugins", "check", "networks", "scaled:x")[2]
    )


RAISING = """
import sys


class Raises:
    needs = frozenset()

    def __init__(self):
        raise ValueError("no eyes")


class Exits:
    needs = frozenset()

    def __init__(self):
        sys.exit(3)
"""


def test_a_plugin_that_raises_in_its_check_is_one_sentence(call, install) -> None:
    points = {"raises": "my_raising:Raises", "exits": "my_raising:Exits"}
    install("my-raising", {"editors": points}, {"my_raising": RAISING})
    for name, said in (("raises", "raised ValueError: no eyes"), ("exits", "called sys.exit(3)")):
        code, _, err = call("plugins", "check", "editors", name)
        assert code == 2
        assert f"editor: the check of its contract {said} (traceback: " in err


CRASHING = """
class Crashes:
    needs = frozenset()

    def edit(self, batch):
        return self.weights["eyes"]

    weights = {}
"""


def test_debug_prints_where_a_plugin_raised_in_its_check(call, install) -> None:
    install(
        "my-crashing", {"editors": {"crashes": "my_crashing:Crashes"}}, {"my_crashing": CRASHING}
    )
    code, out, err = call("plugins", "check", "editors", "crashes")
    assert code == 1
    assert "raises KeyError" in out
    assert "Traceback" not in err
    _, _, err = call("--debug", "plugins", "check", "editors", "crashes")
    assert 'return self.weights["eyes"]' in err


def test_what_belongs_to_the_check_of_an_editor_is_refused_for_a_metric(call) -> None:
    for option, said in (
        (("--options", "{k: 3}"), "--options are for an editor; leave them out"),
        (("--size", "64"), "the check of metrics takes no size; leave it out"),
    ):
        code, _, err = call("plugins", "check", "metrics", "psnr", *option)
        assert code == 2
        assert said in err
