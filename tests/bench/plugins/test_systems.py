"""Systems are plugins: `siebench train` finds their trainers, and the check finds what is wrong."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from pydantic import BaseModel, ConfigDict
from typer.testing import CliRunner

from bench.cli.app import app
from bench.core.errors import BadInput
from bench.plugins.conformance import check_system
from bench.plugins.kinds import SYSTEMS
from bench.plugins.systems import System, train

ROOT = Path(__file__).parents[3]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    width: int = 8


@dataclass
class Remembering:
    """A trainer that only remembers what it was asked."""

    calls: list
    presets: tuple = ("small-grey",)

    def check(self, config):
        del config

    def __call__(self, config, out, *, device="auto", steps=None, resume=False, watch=None):
        self.calls.append((config, out, device, steps, resume))
        watch(1, 2, {"loss": 1.0})
        return out / "weights.safetensors"


def refusing(system, file, out, **given):
    raise BadInput(f"{file}: not the weights of {system.name}")


def grey(**parts):
    """A conforming system of one linear layer."""
    facts = {
        "name": "grey",
        "about": "One layer.",
        "paper": "none",
        "variants": {"full": {}},
        "configuration": lambda variant, **fields: Form(**fields),
        "network": lambda config, training=False: torch.nn.Linear(config.width, 1),
        "small": {"width": 2},
        "probe": lambda network: network(torch.ones(1, 2)),
        "importer": refusing,
        "trainer": Remembering([]),
        "lacks": {"editor": "it edits nothing"},
    }
    return System(**{**facts, **parts})


@pytest.fixture
def trainer():
    found = Remembering([])
    with SYSTEMS.offering({"grey": grey(trainer=found)}):
        yield found


@pytest.mark.parametrize("name", SYSTEMS.names())
def test_everything_registered_conforms(name):
    assert SYSTEMS.check(SYSTEMS.get(name)) == []


@pytest.mark.parametrize("name", SYSTEMS.names())
def test_a_system_is_registered_under_its_name_and_its_facts_have_a_page(name):
    system = SYSTEMS.get(name)
    assert system.name == name
    if system.protocol is not None:
        page, _, sections = system.protocol.partition(", ")
        text = (ROOT / page).read_text(encoding="utf-8")
        assert f"## {sections[0]}" in text


def test_a_system_of_one_layer_conforms():
    assert check_system(grey()) == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"about": "two\nlines"}, "about: must be one line of text"),
        ({"lacks": {}}, "lacks: there is no editor; say why"),
        ({"lacks": {"editor": "x", "trainer": "y"}}, "says why there is no trainer, but"),
        ({"small": {"wide": 2}}, "variant 'full' with `small` fails: BadInput"),
        ({"configuration": lambda variant, **fields: Form()}, "an unknown field is not refused"),
        ({"probe": lambda network: network(torch.ones(1, 3))}, "does not run: RuntimeError"),
        ({"probe": lambda network: torch.rand(2)}, "another output the second time"),
        ({"probe": lambda network: torch.tensor(float("nan"))}, "not finite"),
        ({"importer": lambda *a, **b: Form()}, "importer: takes a file of nonsense"),
        ({"importer": lambda: None}, "importer: raises TypeError for nonsense"),
        ({"trainer": Remembering([], presets=())}, "trainer: has no preset"),
    ],
)
def test_what_breaks_the_contract_is_one_sentence(parts, sentence):
    assert any(sentence in line for line in check_system(grey(**parts)))


def test_something_else_is_no_system():
    assert check_system(3) == ["is a int, not a siebench.System"]


def test_a_part_that_is_not_there_says_why():
    system = replace(grey(), trainer=None, importer=None, lacks={"trainer": "it learns nothing"})
    with pytest.raises(BadInput, match="system 'grey' has no trainer: it learns nothing"):
        system.train("x", Path("x"))
    with pytest.raises(BadInput, match="system 'grey' has no importer"):
        system.import_weights(Path("x"), Path("y"))


def test_a_file_is_trained_by_the_trainer_of_its_system(tmp_path, trainer):
    path = tmp_path / "mine.yaml"
    path.write_text("system: grey\n")
    arguments = ["train", str(path), "--out", str(tmp_path), "--steps", "7", "--resume"]
    outcome = CliRunner().invoke(app, arguments)
    assert outcome.exit_code == 0, outcome.output
    assert [(str(path), tmp_path, "auto", 7, True)] == trainer.calls
    assert f"weights: {tmp_path / 'weights.safetensors'}" in outcome.output.replace("\n", "")


def test_a_preset_is_trained_by_the_system_that_ships_it(trainer):
    CliRunner().invoke(app, ["train", "small-grey", "--device", "cuda"])
    assert [("small-grey", Path("runs/train-small-grey"), "cuda", None, False)] == trainer.calls


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("[1, 2", "line 1: "),
        ("batch: 3\n", "names no system"),
        ("system: gray\n", "did you mean 'grey'"),
    ],
)
def test_a_file_that_names_no_system_is_refused(tmp_path, trainer, config, sentence):
    path = tmp_path / "mine.yaml"
    path.write_text(config)
    with pytest.raises(BadInput, match=sentence):
        train(str(path), tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent.yaml", r"absent\.yaml: there is no such file"),
        ("small-gray", "did you mean 'small-grey'"),
    ],
)
def test_a_configuration_that_is_not_there_is_named(tmp_path, trainer, name, sentence):
    with pytest.raises(BadInput, match=sentence):
        train(name, tmp_path)


def test_no_steps_are_no_training(tmp_path, trainer):
    with pytest.raises(BadInput, match="--steps 0: must be a whole number from 1"):
        train("small-grey", tmp_path, steps=0)
