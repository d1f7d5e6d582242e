"""A protocol is written from its contract's docstring alone: three parts, and defaults for the rest."""

import inspect
import textwrap
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

import masks
from masks import DrawnEdit, MaskError, describe, make_protocol


@dataclass(frozen=True)
class Plain(masks.Protocol):
    """Fields declared plainly."""

    key: ClassVar[str] = "plain-mask@3"
    operation: ClassVar[masks.Operation] = "inpaint"

    share: float = 0.5
    rows: int = 2
    inverse: bool = False
    side: str = "left"
    names: tuple[str, ...] = ()
    anything: object = None
    counts: list[int] = field(default_factory=lambda: [1])

    def draw(self, site, *, seed=0, sample=0):
        return masks.inpaint(site, np.ones(site.size, bool))


def test_the_example_of_the_docstring_draws(street):
    text = inspect.getdoc(masks.Protocol)
    example = text[text.index("    @dataclass") : text.index("Its fields are")]
    names = {"masks": masks, "np": np, "dataclass": dataclass, "ClassVar": ClassVar}
    exec(textwrap.dedent(example), names)
    kind = names["LeftBand"]
    drawn = make_protocol(kind, {"widest": 1}).draw(street, seed=3)
    assert isinstance(drawn, DrawnEdit)
    assert drawn.mask[:, 0].all()
    assert kind.title == "left band"


def test_what_a_protocol_leaves_out_has_defaults():
    plain = Plain()
    assert plain.title == "plain mask"
    assert plain.coverage is None
    assert plain.varies
    assert plain.drawn_by == "plain-mask@3"
    assert plain.edit_size((3, 4)) == (3, 4)
    assert plain.edit_size(None) is None
    assert plain.paired_with(["a"]) is plain
    assert plain.identity == plain.parameters() == {
        "share": 0.5, "rows": 2, "inverse": False, "side": "left", "names": [], "anything": None,
        "counts": [1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("share", "wide", "a number"),
        ("share", float("inf"), "a number"),
        ("rows", 2.5, "an integer"),
        ("rows", True, "an integer"),
        ("inverse", 1, "true or false"),
        ("side", 3, "text"),
        ("names", "one", "a list"),
    ],
)
def test_a_plain_field_accepts_the_kind_of_its_default(field, value, expected):
    with pytest.raises(MaskError, match=rf"plain-mask@3: {field} must be {expected}, not "):
        make_protocol(Plain, {field: value})


def test_plain_values_are_kept_as_their_kind():
    made = make_protocol(Plain, {"share": 1, "rows": 3.0, "names": ["a", "b"], "anything": [1]})
    assert made.share == 1.0
    assert isinstance(made.share, float)
    assert (made.rows, made.names, made.anything) == (3, ("a", "b"), (1,))
    assert make_protocol(Plain, made.parameters()) == made


def test_a_protocol_without_draw_cannot_be_made():
    @dataclass(frozen=True)
    class Half(masks.Protocol):
        key: ClassVar[str] = "half@1"
        operation: ClassVar[masks.Operation] = "inpaint"

    with pytest.raises(MaskError, match=r"half@1: .*abstract method"):
        make_protocol(Half)


def test_a_parameter_that_must_be_given_is_named():
    @dataclass(frozen=True)
    class Needy(Plain):
        key: ClassVar[str] = "needy@1"
        folder: str = field(kw_only=True)

    with pytest.raises(MaskError, match="needy@1: folder is missing"):
        make_protocol(Needy)
    assert describe(Needy).parameters[-1].name == "folder"


def test_a_class_that_is_no_dataclass_says_what_to_do():
    class Undecorated(masks.Protocol):
        key = "undecorated@1"
        operation = "inpaint"

        def draw(self, site, *, seed=0, sample=0):
            return masks.Impossible("never")

    with pytest.raises(MaskError, match="decorate it: @dataclass"):
        make_protocol(Undecorated)


def test_every_protocol_of_ours_has_a_title_and_known_facts():
    titles = {key: describe(key).title for key in masks.protocol_keys()}
    assert titles["object-remove@1"] == "object removal"
    assert titles["outpainting@1"] == "outpainting"
    assert len(set(titles.values())) == len(titles)
    assert make_protocol("synthesis").coverage == (1.0, 1.0)
    assert make_protocol("sesame-add", {"size": 64}).edit_size((512, 1024)) == (64, 64)
    assert make_protocol("sesame-remove").edit_size(None) == (256, 256)
    assert make_protocol("freeform").edit_size((512, 1024)) == (512, 1024)
    assert not make_protocol("outpainting").varies
    assert make_protocol("extension").varies
    assert not make_protocol("extension", {"place": "centre"}).varies
