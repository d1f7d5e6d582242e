"""The composite action and the GitLab snippet, carried out step by step as the CI systems would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.bench.judge.gate.made_runs import made_suite, make_runs, write_results

pytestmark = pytest.mark.slow  # every step is a process of its own

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A checkout with suite.yaml, baseline.json, and `siebench` on the path."""
    root = tmp_path_factory.mktemp("checkout")
    (before,) = make_runs(root, 20, scenes=12)
    suite = made_suite(root / "rooms", root / "results")
    (root / "suite.yaml").write_text(yaml.safe_dump(suite.model_dump(mode="json")))
    command = root / "bin" / "siebench"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m siebench "$@"\n')
    command.chmod(0o755)
    done = run(["siebench baseline save " + str(before) + " --out baseline.json"], root, {})
    assert done.returncode == 0, done.stderr
    return root


def run(lines: list[str], root: Path, variables: dict[str, str]) -> subprocess.CompletedProcess:
    """Carries out shell lines as CI systems do: bash that stops at the first error."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)],
        cwd=root,
        env={
            **os.environ,
            "PATH": f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def act(place: Path, out: str, **given: str) -> tuple[int, str, str]:
    """The action with inputs: exit code of the first failing step, what was printed, its output."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    inputs = {name: entry.get("default", "") for name, entry in action["inputs"].items()}
    inputs |= {"suite": "suite.yaml", "baseline": "baseline.json", "install": "false", "out": out}
    inputs |= given
    output = place / f"{Path(out).name}.output"
    output.unlink(missing_ok=True)
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(place / "summary.md")}
    said = ""
    for step in action["runs"]["steps"]:
        if "uses" in step or step.get("if") == "inputs.install == 'true'":
            continue
        variables = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], value)
            for name, value in step.get("env", {}).items()
        }
        done = run([step["run"]], place, variables | files)
        said += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, said, output.read_text() if output.exists() else ""
    return 0, said, output.read_text()


def test_the_action_passes_an_unchanged_method_and_leaves_its_outputs(place) -> None:
    code, said, output = act(place, "runs/same")
    assert code == 0, said
    assert output == "verdict=passed\n"
    assert "::notice title=siebench gate::" in said
    assert "siebench gate: passed" in (place / "summary.md").read_text()
    kept = {path.name for path in (place / "runs/same/gate").iterdir()}
    assert {"gate.md", "gate.xml", "gate.json"} <= kept


def test_the_action_fails_a_degraded_method(place) -> None:
    write_results(place / "rooms", place / "results", 50)
    code, said, output = act(place, "runs/worse")
    write_results(place / "rooms", place / "results", 20)
    assert code == 1
    assert output == "verdict=worse\n"
    assert "::error" in said
    assert list((place / "runs/worse/gate/crops").glob("*.png"))


def test_the_action_lets_undecided_pass_only_where_told(place) -> None:
    write_results(place / "rooms", place / "results", 20, seed=9)
    policy = place / "policy.yaml"
    policy.write_text("margins: {psnr: 0.001, psnr-hole: 0.001}\n")
    strict = act(place, "runs/strict", policy="policy.yaml")
    lax = act(place, "runs/strict", policy="policy.yaml", undecided="pass")
    write_results(place / "rooms", place / "results", 20)
    assert (strict[0], strict[2]) == (3, "verdict=undecided\n")
    assert (lax[0], lax[2]) == (0, "verdict=undecided\n")


def test_the_action_fails_on_bad_input(place) -> None:
    (place / "other.json").write_text("{}")
    code, said, output = act(place, "runs/bad", baseline="other.json")
    assert code == 2
    assert "::error title=siebench gate%3A no verdict::other.json: " in said
    assert "siebench gate: no verdict" in (place / "summary.md").read_text()
    assert "Traceback" not in said
    assert output == ""


@pytest.fixture(scope="module")
def two(place) -> Path:
    """Beside `place`'s method one of a module: two.yaml and two.json."""
    (place / "painter.py").write_text(
        "class Painter:\n    needs = frozenset()\n\n    def edit(self, batch):\n"
        "        return batch.masked\n"
    )
    suite = yaml.safe_load((place / "suite.yaml").read_text())
    suite["methods"].append({"name": "grey", "editor": "painter:Painter"})
    (place / "two.yaml").write_text(yaml.safe_dump(suite))
    made = "siebench run two.yaml --out runs/two --trust"
    done = run([made, "siebench baseline save runs/two --out two.json"], place, {})
    assert done.returncode == 0, done.stderr
    return place


def test_the_action_runs_a_module_only_where_trusted(two) -> None:
    code, said, output = act(two, "runs/strange", suite="two.yaml", baseline="two.json")
    assert (code, output) == (2, "")
    assert "::error title=siebench run::two.yaml, line" in said
    assert "--trust" in said.splitlines()[-1]
    trusted = {"suite": "two.yaml", "baseline": "two.json", "trust": "true"}
    code, said, output = act(two, "runs/trusted", **trusted)
    assert (code, output) == (0, "verdict=passed\n"), said


def test_failed_edits_end_the_action_where_their_method_is_judged(two) -> None:
    result = two / "results" / "scene0.png"
    kept = result.read_bytes()
    result.unlink()
    (two / "grey.yaml").write_text("methods: [grey]\n")
    given = {"suite": "two.yaml", "baseline": "two.json", "trust": "true"}
    judged = act(two, "runs/judged", **given)
    left_out = act(two, "runs/left-out", **given, policy="grey.yaml")
    result.write_bytes(kept)
    assert (judged[0], judged[2]) == (2, "")
    assert "a comparison needs every edit" in judged[1]
    assert (left_out[0], left_out[2]) == (0, "verdict=passed\n"), left_out[1]


def test_the_action_gives_inputs_to_the_shell_as_variables_only() -> None:
    for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_gitlab_snippet_runs_and_tells_worse_from_undecided(place) -> None:
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs/how-to/gate-in-ci.md").read_text(), flags=re.S
    )
    job = next(yaml.safe_load(block) for block in blocks if "siebench-gate:" in block)[
        "siebench-gate"
    ]
    assert job["allow_failure"] == {"exit_codes": [3]}
    variables = {"SUITE": "suite.yaml", "BASELINE": "baseline.json"}
    done = run(job["script"], place, variables)
    assert done.returncode == 0, done.stderr
    bad = run(job["script"], place, variables | {"SUITE": "nowhere.yaml"})
    assert bad.returncode == 2, bad.stderr
    assert (place / job["artifacts"]["reports"]["junit"]).is_file()
    assert any(line.startswith("passed") for line in done.stdout.splitlines())
