import subprocess
import sys

import pytest

from masks import MaskError, describe, make_protocol, newest, protocol_keys


def test_every_protocol_says_what_it_does_and_what_it_takes():
    for key in protocol_keys():
        described = describe(key)
        assert described.key == key
        assert described.summary.endswith(".")
        assert len(described.text) > 60
        for parameter in described.parameters:
            assert parameter.summary
            assert parameter.expected


def test_a_name_without_a_version_is_the_newest():
    assert make_protocol("freeform") == make_protocol("freeform@1")


def test_an_unknown_name_gives_the_nearest_known_one():
    with pytest.raises(MaskError, match="unknown protocol 'freefrom'; did you mean 'freeform'"):
        make_protocol("freefrom")
    with pytest.raises(MaskError, match="did you mean 'freeform@1'"):
        make_protocol("freeform@9")


def test_an_unknown_parameter_gives_the_nearest_known_one():
    with pytest.raises(MaskError, match=r"freeform@1 has no parameter 'thinest'.*'thinnest'"):
        make_protocol("freeform", {"thinest": 3})


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("freeform", {"thinnest": "wide"}, "thinnest must be a number from 1 to 256, not 'wide'"),
        ("freeform", {"thinnest": 0}, "thinnest must be a number from 1 to 256"),
        ("freeform", {"least_segments": 4.5}, "least_segments must be an integer from 1 to 8"),
        ("freeform", {"least_segments": True}, "least_segments must be an integer"),
        ("outpainting", {"side": "up"}, "side must be one of 'right', 'left'"),
        ("outpainting", {"fraction": float("nan")}, "fraction must be a number"),
        ("class", {"classes": [1]}, "classes must be a list of names"),
        ("pack", {"folder": 3}, "folder must be text"),
    ],
)
def test_a_value_of_the_wrong_kind_or_range_is_refused_in_words(name, parameters, message):
    with pytest.raises(MaskError, match=message):
        make_protocol(name, parameters)


def test_parameters_make_the_same_protocol_again():
    made = make_protocol("object-add", {"classes": "car", "hole": "shape", "dilate": 2})
    assert made.parameters()["classes"] == ["car"]
    assert make_protocol(made.key, made.parameters()) == made


def test_drawing_needs_neither_pillow_nor_torch():
    code = (
        "import sys, numpy as np, masks;"
        "site = masks.Site('d', 's', np.zeros((64, 64), np.int32), None, ('a',));"
        "masks.make_protocol('freeform').draw(site);"
        "print(sorted({'PIL', 'torch', 'scipy', 'bench'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_protocols_that_pair_by_order_are_told_the_scenes():
    legacy = make_protocol("legacy-spmpgan").paired_with(["b", "a"])
    assert legacy.scenes == ("b", "a")
    assert legacy.paired_with(["c"]) is legacy
    freeform = make_protocol("freeform")
    assert freeform.paired_with(["b", "a"]) is freeform


def test_the_newest_version_is_counted_not_sorted_as_text():
    keys = ["mine@2", "mine@10", "mine-other@11", "loose:Mine", "yours@1"]
    assert newest("mine", keys) == "mine@10"
    assert newest("mine@2", keys) == "mine@2"
    assert newest("loose:Mine", keys) == "loose:Mine"
