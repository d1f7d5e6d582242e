"""Editors are made with a suite's options; what breaks the contract is one sentence."""

import sys
from types import SimpleNamespace

import pytest
import torch

from bench.core.errors import BadInput, PluginFailed, Unavailable
from bench.plugins.editors import contract_faults, create_editor, declared_needs, declared_places
from bench.plugins.foreign import foreign
from bench.plugins.kinds import EDITORS
from bench.plugins.options import option_lines


class Good:
    """Paints grey."""

    needs = frozenset({"instances"})

    def __init__(self, grey: float = 0.0) -> None:
        self.grey = grey

    def edit(self, batch):
        return torch.full_like(batch.masked, self.grey)


class Greedy(Good):
    needs = frozenset({"answer"})


def lame() -> object:
    return object()


class Raising(Good):
    """Its constructor does what its option says."""

    def __init__(self, how: str) -> None:
        super().__init__()
        if how == "exit":
            sys.exit(3)
        if how == "silent":
            raise RuntimeError
        raise TypeError("the weights are of another kind\nand here is a long story")


def with_attributes(**attributes: object) -> Good:
    editor = Good()
    for name, value in attributes.items():
        setattr(editor, name, value)
    return editor


def itself() -> dict:
    mapping: dict = {}
    mapping["itself"] = mapping
    return mapping


class Fetching(Good):
    """Fetches what is not here, where that is agreed to."""

    def __init__(self, fetch: bool = False) -> None:
        super().__init__(1.0 if fetch else 0.0)


class Mistyped(Good):
    """Its class names an option as a path that its constructor does not take."""

    places = ("wieghts",)

    def __init__(self, weights: str = "v1.pt") -> None:
        super().__init__()


def from_weights(weights: str = "v1.pt") -> Good:
    return Good()


class Property(Good):
    """Reading what it needs goes wrong."""

    @property
    def needs(self):
        raise KeyError("weights")


@pytest.fixture(autouse=True)
def offered():
    with EDITORS.offering(
        {
            "good": Good,
            "greedy": Greedy,
            "lame": lame,
            "finished": Good(0.25),
            "raising": Raising,
            "property": Property,
            "nothing": lambda: None,
            "fetching": Fetching,
        }
    ):
        yield


def test_an_editor_is_made_with_its_options() -> None:
    assert create_editor("good", {"grey": 0.5}).grey == 0.5


def test_a_finished_editor_is_taken_as_it_is() -> None:
    assert create_editor("finished").grey == 0.25


def test_the_users_agreement_to_fetch_reaches_the_editor_that_asks() -> None:
    assert create_editor("fetching").grey == 0.0
    assert create_editor("fetching", fetch=True).grey == 1.0
    assert create_editor("good", {"grey": 0.5}, fetch=True).grey == 0.5


def test_what_an_option_takes_is_said_in_words() -> None:
    def make(
        size: tuple[int, int] | None = None,
        names: dict[str, str] | None = None,
        folders: tuple[str, ...] = (),
        trust: bool = False,
        fetch: bool = False,
    ) -> None: ...

    assert option_lines(make) == [
        "size: list of 2 (whole number) or null; null if left out",
        "names: mapping or null; null if left out",
        "folders: list (text); () if left out",
        "(runs foreign code: a run asks for --trust)",
        "(fetches what is not here, where a run says --fetch)",
    ]


def test_needs_are_read_from_the_class() -> None:
    assert declared_needs(Good) == {"instances"}
    assert declared_needs(lame) == frozenset()


def test_paths_that_are_declared_as_nothing_are_none() -> None:
    assert declared_places(type("Odd", (), {"places": None})) == frozenset()


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("goood", {}, "unknown editor 'goood'; did you mean 'good'"),
        ("good", {"gray": 1}, "unknown option of editor 'good': 'gray'; did you mean 'grey'"),
        ("good", {"grey": "wide"}, "option 'grey' is 'wide'; expected: number"),
        ("good", {"grey": [1]}, r"option 'grey' is \[1\]; expected: number"),
        ("finished", {"grey": 1}, "editor 'finished' takes no options, but 'grey' is given"),
        ("good", {"trust": True}, "options cannot say `trust`"),
        ("fetching", {"fetch": True}, "options cannot say `fetch`; agree with --fetch instead"),
        ("lame", {}, "lacks `needs` or `edit"),
        ("greedy", {}, r"needs \['answer'\], which no batch has"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(name: str, options: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        create_editor(name, options)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (
            "raising",
            {"how": "raise"},
            "editor 'raising': its constructor raised TypeError: the weights are of another kind",
        ),
        ("raising", {"how": "silent"}, "editor 'raising': its constructor raised RuntimeError"),
        ("raising", {"how": "exit"}, "editor 'raising': its constructor called sys.exit(3)"),
        ("property", {}, "editor 'property': reading its attributes raised KeyError: 'weights'"),
    ],
)
def test_foreign_code_that_raises_is_one_sentence_with_the_exception_behind_it(
    name: str, options: dict, sentence: str
) -> None:
    with pytest.raises(PluginFailed) as failed:
        create_editor(name, options)
    assert str(failed.value) == sentence
    assert failed.value.__cause__ is not None


def test_what_an_editor_says_of_bad_input_itself_passes_as_it_is() -> None:
    with pytest.raises(Unavailable, match=r"^weights are not here$"), foreign("editor 'm'"):
        raise Unavailable("weights are not here")


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"needs": None}, r"needs: must be a set of names, .* but is None"),
        ({"needs": ["original"]}, r"needs: must be a set of names, .* but is \['original'\]"),
        ({"needs": "original"}, r"needs: must be a set of names, .* but is 'original'"),
        ({"needs": {1, 2}}, r"needs: must be a set of names, .* but is \{1, 2\}"),
        ({"places": None}, r"places: must be a tuple of names of options, .* but is None"),
        ({"places": ["path"]}, r"places: must be a tuple of names .* but is \['path'\]"),
        ({"anywhere": "path"}, r"anywhere: must be a tuple of names .* but is 'path'"),
        ({"anywhere": 1}, r"anywhere: must be a tuple of names .* but is 1"),
        ({"edit": "no method"}, r"lacks `needs` or `edit\(batch\)`"),
        ({"identity": None}, "identity: must be a mapping, .* but is a NoneType"),
        ({"identity": ["a"]}, "identity: must be a mapping, .* but is a list"),
        ({"training_recipe": 3}, "training_recipe: must be a mapping, .* but is a int"),
        ({"training_recipe": {"a": {1}}}, "training_recipe: cannot be written as JSON"),
        ({"identity": {"a": float("nan")}}, "identity: cannot be written as JSON .Out of range"),
        (
            {"identity": {"a": object()}},
            "identity: cannot be written as JSON .Object of type object",
        ),
        ({"identity": {"a": {1}}}, "identity: cannot be written as JSON .Object of type set"),
        ({"identity": itself()}, "identity: cannot be written as JSON .Circular"),
        ({"identity": {"a": "\ud800"}}, "identity: cannot be written as JSON"),
        ({"network": "resnet"}, "network: must be a torch.nn.Module, but is a str"),
        ({"to": "cuda"}, "to: must be a method"),
        ({"check": True}, "check: must be a method"),
    ],
)
def test_an_attribute_of_the_wrong_kind_is_one_sentence(attributes: dict, sentence: str) -> None:
    with (
        EDITORS.offering({"odd": lambda: with_attributes(**attributes)}),
        pytest.raises(BadInput, match=f"editor 'odd'.*{sentence}") as caught,
    ):
        create_editor("odd")
    assert len(str(caught.value).splitlines()) == 1


def test_a_path_that_is_declared_must_be_an_option_of_the_class_or_of_the_function() -> None:
    sentence = "editor 'mistyped': places: names 'wieghts', which is no option of the editor"
    with EDITORS.offering({"mistyped": Mistyped}), pytest.raises(BadInput, match=sentence):
        create_editor("mistyped", {"weights": "v2.pt"})

    checkpoint = type("Checkpoint", (Good,), {"anywhere": ("weights",)})
    assert list(contract_faults(checkpoint(), from_weights)) == []
    assert len(list(contract_faults(checkpoint(), checkpoint))) == 1
    takes_all = type("All", (Good,), {"places": ("any",), "__init__": lambda self, **options: None})
    assert list(contract_faults(takes_all(), takes_all)) == []
    unsaid = SimpleNamespace(needs=frozenset(), edit=print, places=("weights",))
    assert list(contract_faults(unsaid, lambda path: unsaid)) == []


def test_a_class_is_no_finished_editor_and_nothing_is_none() -> None:
    with pytest.raises(BadInput, match="editor 'nothing': gave a NoneType that lacks `needs`"):
        create_editor("nothing")
    with (
        EDITORS.offering({"class": lambda: Good}),
        pytest.raises(BadInput, match="gave a type that lacks `needs`"),
    ):
        create_editor("class")
