"""Sessions run in one environment, .nox/siebench, made once and kept while it fits.

`integration` has one of its own upon it, .nox/integration, with what only its tests need.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.3.2"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "tests"]

HERE = Path(__file__).parent
HOME = HERE / ".nox" / "siebench"
SCRIPTS = HOME / ("Scripts" if os.name == "nt" else "bin")
# Without dependencies: they would bring an OpenCV with windows over the one without, which needs
# libraries of the system. What is really imported stands in the extra `dev`.
MMSEG = ["mmsegmentation>=1.2.2,<2", "mmcv-lite>=2.0.1,<2.2", "mmengine>=0.10,<1"]

# What only tests with the marker `integration` import.
INTEGRATION = [
    "diffusers>=0.40",
    "ray>=2.30",
    "submitit>=1.5",
    "mlflow-skinny>=2.16",  # this and the next two are what MLflow with a SQLite store takes
    "alembic",
    "sqlalchemy",
    "wandb>=0.17",
    "mlcroissant>=1.0",
]
# Without dependencies: it names many, and what its metrics without weights import is there.
PYIQA = ["pyiqa>=0.1.13"]
JOINED = HERE / ".nox" / "integration"


def environment(session: nox.Session, *, extra: str = "[dev]") -> str:
    """Makes the shared environment where it is missing or the project's needs have changed.

    `extra` is what the session wants beside the project itself: nothing for the demo, everything that
    lint and tests import otherwise.
    """
    python = str(SCRIPTS / "python")
    needs = (HERE / "pyproject.toml").read_bytes() + Path(__file__).read_bytes()
    wanted = hashlib.sha256(needs).hexdigest()
    stamps = {name: HOME / f"installed{name}" for name in ("", "[dev]")}
    there = {name for name, file in stamps.items() if file.is_file() and file.read_text() == wanted}
    if extra in there or "[dev]" in there:
        return python
    session.run(sys.executable, "-m", "venv", str(HOME), external=True)
    install = [python, "-m", "pip", "install", "--quiet"]
    session.run(*install, "-e", f".{extra}", external=True)
    if extra:
        session.run(*install, "--no-deps", *MMSEG, external=True)
    stamps[extra].write_text(wanted)
    return python


def integration_environment(session: nox.Session) -> str:
    """Makes an environment that sees the shared one's packages and has `INTEGRATION` besides."""
    shared = environment(session)
    python = str(JOINED / SCRIPTS.name / "python")
    stamp = JOINED / "installed"
    wanted = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    session.run(sys.executable, "-m", "venv", str(JOINED), external=True)
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    ours = session.run(python, "-c", where, external=True, silent=True)
    theirs = session.run(shared, "-c", where, external=True, silent=True)
    # `addsitedir` also follows the links of the shared environment, as to this checkout.
    line = f"import site; site.addsitedir({str(theirs).strip()!r})\n"
    (Path(str(ours).strip()) / "shared.pth").write_text(line)
    if INTEGRATION:
        session.run(python, "-m", "pip", "install", "--quiet", *INTEGRATION, external=True)
        no_more = ("install", "--quiet", "--no-deps")
        session.run(python, "-m", "pip", *no_more, *PYIQA, external=True)
    stamp.write_text(wanted)
    return python


def run(session: nox.Session, *arguments: str, extra: str = "[dev]", **variables: str) -> None:
    python = environment(session, extra=extra)
    session.run(python, *arguments, external=True, env=variables)


@nox.session
def demo(session: nox.Session) -> None:
    """Trained and classical editors on scenes drawn here; prints where the report is."""
    run(session, "-m", "siebench", "demo", *session.posargs, extra="")


@nox.session
def tests(session: nox.Session) -> None:
    """The whole test suite but for `integration`; arguments after -- go to pytest."""
    # One thread a process: two processes share the machine, and numbers stay the same.
    chosen = ("-n", "2", "-m", "not integration", *session.posargs)
    run(session, "-m", "pytest", *chosen, OMP_NUM_THREADS="1")


@nox.session
def integration(session: nox.Session) -> None:
    """Tests against programs and services outside (TeX ...); arguments after -- go to pytest."""
    python = integration_environment(session)
    chosen = ("-m", "integration", *session.posargs)
    session.run(python, "-m", "pytest", *chosen, external=True, env={"OMP_NUM_THREADS": "1"})


@nox.session
def speed(session: nox.Session) -> None:
    """Ratios against the peers, each in one run; takes a quiet machine and some minutes."""
    paths = sorted(HERE.glob("tests/speed/*.py"))
    # Parts of `gpu`, and what counts for it, measure nothing on their own.
    whole = [
        path for path in paths if not path.stem.startswith(("gpu_", "operator_calls", "test_"))
    ]
    for script in session.posargs:
        run(session, script)
    for path in [] if session.posargs else whole:
        run(session, "-m", f"tests.speed.{path.stem}")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, strictly, into site/: a link or reference that leads nowhere fails."""
    run(session, "-m", "zensical", "build", "--clean", "--strict")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types and the documentation."""
    run(session, "-m", "ruff", "check", ".")
    run(session, "-m", "ruff", "format", "--check", ".")
    run(session, "-m", "mypy")
    docs(session)
