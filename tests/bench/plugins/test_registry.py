"""One look-up for everything with a name: three doors in, and a broken plugin hurts nothing else."""

import subprocess
import sys
import traceback
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from bench.core.errors import BadInput
from bench.plugins.builtin import BUILTIN
from bench.plugins.kinds import EDITORS, METRICS, REGISTRIES
from bench.plugins.registry import HERE

ROOT = Path(__file__).parents[3]

GREY = """
import torch

class Grey:
    \"\"\"Paints one grey.\"\"\"

    needs = frozenset()

    def __init__(self, level: float = 0.0) -> None:
        self.level = level

    def edit(self, batch):
        return torch.full_like(batch.masked, self.level)

word = "no editor"
"""


def test_an_entry_point_of_another_distribution_is_found(install) -> None:
    install("my-editors", {"editors": {"grey": "my_grey:Grey"}}, {"my_grey": GREY})
    plugin = EDITORS.find("grey")
    assert (plugin.source, plugin.target) == ("my-editors 1.0", "my_grey:Grey")
    assert plugin.summary == "Paints one grey."
    assert plugin.usable()(level=0.5).level == 0.5
    assert {"grey", "copy"} <= set(EDITORS.names())


def test_a_module_asks_for_trust_and_is_then_imported(install) -> None:
    install("loose", {}, {"loose_grey": GREY})
    with pytest.raises(BadInput, match=r"imports code .* agree with --trust"):
        EDITORS.find("loose_grey:Grey")
    assert "loose_grey" not in sys.modules
    assert EDITORS.get("loose_grey:Grey", trust=True).__name__ == "Grey"


def test_a_module_of_the_working_folder_is_found_behind_all_others(tmp_path, monkeypatch) -> None:
    (tmp_path / "near_grey.py").write_text(GREY)
    (tmp_path / "numpy.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    assert EDITORS.get("near_grey:Grey", trust=True).__name__ == "Grey"
    assert sys.path[-1] == str(tmp_path)


def test_an_object_is_held_for_the_length_of_a_block() -> None:
    class Mine:
        needs = frozenset()

        def edit(self, batch):
            return batch.masked

    mine = Mine()
    with EDITORS.offering({"mine": mine}):
        assert EDITORS.get("mine") is mine
        assert EDITORS.find("mine").source == HERE
    with pytest.raises(BadInput, match="unknown editor 'mine'"):
        EDITORS.get("mine")


def test_what_a_broken_plugin_raised_is_behind_its_sentence(install) -> None:
    source = "def settings():\n    return {}['depth']\nsettings()\n"
    install(
        "breaking", {"editors": {"breaking": "breaking_editor:Mine"}}, {"breaking_editor": source}
    )
    with pytest.raises(BadInput, match=r"cannot be imported \(KeyError: 'depth'\)") as refused:
        EDITORS.get("breaking")
    assert isinstance(refused.value.__cause__, KeyError)
    assert "in settings" in "".join(traceback.format_exception(refused.value))


def test_an_object_cannot_take_a_name_that_is_registered() -> None:
    sentence = (
        r"editor 'copy' is given here, and siebench [\d.]+ \(baselines.classical.fills:Copy\)"
    )
    with pytest.raises(BadInput, match=sentence), EDITORS.offering({"copy": len}):
        pass


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("no_such_module:Editor", "cannot be imported (ModuleNotFoundError: No module named"),
        ("my_grey:Gray", "cannot be imported (AttributeError: module 'my_grey' has no attribute"),
        ("my_grey:word", "is a str: it cannot be called, nor has it needs and edit"),
        ("exits:Editor", "cannot be imported (SystemExit: goodbye)"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_beside_the_others(
    install, target: str, problem: str
) -> None:
    modules = {"my_grey": GREY, "exits": "import sys; sys.exit('goodbye')"}
    install("broken", {"editors": {"bad": target, "grey": "my_grey:Grey"}}, modules)
    listed = {one.name: one for one in EDITORS.plugins()}
    assert str(listed["bad"].problem).startswith(problem)
    assert listed["grey"].problem is None
    assert listed["copy"].problem is None
    with pytest.raises(BadInput, match=rf"editor 'bad' \({target}\): "):
        EDITORS.get("bad")


def test_a_module_that_is_not_found_is_refused_with_what_to_do_and_what_it_imports_is_not(
    install,
) -> None:
    install("lacking", {}, {"lacking": "import no_such_module"})
    advice = "give the command in the module's folder, or install its package"
    for target, told in (("no_such_module.part:Editor", True), ("lacking:Editor", False)):
        with pytest.raises(BadInput, match="No module named 'no_such_module'") as refused:
            EDITORS.get(target, trust=True)
        assert (advice in str(refused.value)) == told


def test_a_plugin_named_like_a_built_in_one_is_an_error_that_names_both(install) -> None:
    install("rogue", {"editors": {"copy": "my_grey:Grey"}}, {"my_grey": GREY})
    with pytest.raises(BadInput) as caught:
        EDITORS.get("copy")
    assert "baselines.classical.fills:Copy" in str(caught.value)
    assert "rogue 1.0 (my_grey:Grey)" in str(caught.value)
    assert EDITORS.find("diffusion").problem is None


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(BadInput, match="unknown editor 'diffusoin'; did you mean 'diffusion'"):
        EDITORS.get("diffusoin")


def test_people_may_type_what_they_are_used_to() -> None:
    assert METRICS.canonical("lpips") == "lpips-alex"
    assert METRICS.canonical("acc") == "accuracy"
    with pytest.raises(BadInput, match="unknown metric 'mse'; rmse is its square root"):
        METRICS.find("mse")


def test_our_own_entry_points_are_the_table_in_the_tree() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has no tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    written = {
        group.removeprefix("siebench."): entries
        for group, entries in project["entry-points"].items()
    }
    assert written == {kind: dict(table) for kind, table in BUILTIN.items() if table}


def test_everything_of_ours_can_be_imported() -> None:
    broken = [
        f"{kind} {plugin.name}: {plugin.problem}"
        for kind, registry in REGISTRIES.items()
        for plugin in registry.plugins()
        if plugin.problem is not None
    ]
    assert broken == []


def test_a_distribution_with_many_plugins_is_read_once(install, monkeypatch) -> None:
    read, real = [], PathDistribution.read_text

    def read_text(distribution, name):
        read.append((str(distribution.locate_file("")), name))
        return real(distribution, name)

    monkeypatch.setattr(PathDistribution, "read_text", read_text)
    site = install("many", {"editors": dict.fromkeys("abc", "my_grey:Grey")})
    assert {"a", "b", "c"} < set(EDITORS.names())
    assert [name for place, name in read if Path(place) == site].count("METADATA") == 1


def test_a_checkout_that_is_not_installed_works(tmp_path: Path) -> None:
    """Its names come from the table in the tree."""
    code = (
        "import importlib.metadata as m\n"
        "real = m.entry_points\n"
        "m.entry_points = lambda **only: [p for p in real(**only) if p.dist.name != 'siebench']\n"
        "from bench.plugins.editors import create_editor\n"
        "print(type(create_editor('copy')).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "Copy"
