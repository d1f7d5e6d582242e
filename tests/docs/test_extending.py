"""One example a kind: short, conforming, and found by each of the three doors."""

import importlib
import sys
from fnmatch import fnmatch

import pytest
import torch
import yaml

import siebench
from bench.plugins.kinds import REGISTRIES
from tests.docs.pages import DOCS, blocks, follow

PAGE = blocks((DOCS / "extending.md").read_text(encoding="utf-8"))
EXAMPLES = {block.title: block.text for block in PAGE if block.title.endswith(".py")}


def pyproject():
    """The page's pyproject.toml."""
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    (text,) = (block.text for block in PAGE if block.title == "pyproject.toml")
    return tomllib.loads(text)


def entry_points():
    """What the page's pyproject.toml registers: (kind, name) -> "module:attribute"."""
    groups = pyproject()["project"]["entry-points"]
    return {
        (group.removeprefix("siebench."), name): target
        for group, names in groups.items()
        for name, target in names.items()
    }


def test_every_kind_has_an_example():
    assert {kind for kind, _ in entry_points()} == set(REGISTRIES)
    registered = {f"{target.split(':')[0]}.py" for target in entry_points().values()}
    assert set(EXAMPLES) - registered == {"my_flat.py", "my_parts.py", "my_trainer.py"}


def test_the_package_of_the_page_holds_every_example():
    # Hatchling finds no modules by itself that are not named for the project, and then builds nothing.
    patterns = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]
    assert all(any(fnmatch(name, pattern) for pattern in patterns) for name in EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_under_sixty_lines(name):
    assert len(EXAMPLES[name].splitlines()) < 60


def test_the_examples_come_in_as_a_package_and_conform(install, tmp_path):
    points = entry_points()
    kinds = {kind: {n: t for (k, n), t in points.items() if k == kind} for kind, _ in points}
    modules = {name.removesuffix(".py"): text for name, text in EXAMPLES.items()}
    install("my-plugins", kinds, modules, version="0.1")
    try:
        for kind, name in points:
            plugin = REGISTRIES[kind].find(name)
            assert (plugin.source, plugin.problem) == ("my-plugins 0.1", None)
            siebench.testing.check(kind, plugin.usable())
        weights = siebench.train("small-flat", tmp_path / "trained", steps=2)
        system = REGISTRIES["systems"].get("flat")
        trained = system.editor(weights=weights).network
        torch.save(trained.state_dict(), tmp_path / "official.pth")
        given = {"options": {"width": trained.config.width}}
        system.import_weights(tmp_path / "official.pth", tmp_path / "imported.safetensors", **given)
        imported = system.editor(weights=tmp_path / "imported.safetensors").network
        assert torch.equal(imported.first.weight, trained.first.weight)
    finally:
        for name in modules:
            sys.modules.pop(name, None)


@pytest.mark.slow
def test_the_examples_run_as_modules_and_as_objects(folder, monkeypatch, capsys):
    names = follow("extending.md", monkeypatch)
    run = names["run"]
    assert names["trained"].scores["value"].notna().all()
    assert capsys.readouterr().out.count("conforms") == len(REGISTRIES)
    assert set(run.scores["metric"]) == {"psnr", "psnr-hole", "colour-shift"}
    assert set(run.scores["method"]) == {"mean-colour", "ours"}
    modules = siebench.read_run("runs/modules")
    whole = modules.scores[modules.scores["of"] == "all"]
    assert {"colour-shift", "miou", "fd-thumbnail"} <= set(whole["metric"])
    assert whole["value"].notna().all()


def test_the_suite_of_the_page_is_what_the_schema_takes():
    (text,) = (block.text for block in PAGE if block.title == "together.yaml")
    assert siebench.Suite.model_validate(yaml.safe_load(text)).name == "together"


def test_the_examples_need_nothing_but_the_public_api():
    for name, text in EXAMPLES.items():
        assert "bench." not in text.replace("siebench.", ""), name
        for attribute in {word.split("(")[0] for word in text.split("siebench.")[1:]}:
            public = attribute.split("\n")[0].split(")")[0].split(" ")[0].split(",")[0]
            assert public in siebench.__all__, f"{name}: siebench.{public}"
    assert importlib.import_module("masks").inpaint
