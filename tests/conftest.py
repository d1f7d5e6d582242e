"""What tests of many rooms share: small weights files, and distributions with plugins."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def weights(tmp_path):
    """Makes a weights file of a system: weights("spade", ngf=2) -> path; `classes=None` = it has none."""
    import torch

    from baselines.checkpoints import save_network
    from bench.plugins.kinds import SYSTEMS

    def make(system, *, variant="labels", label_space=None, extras=None, **fields):
        torch.manual_seed(0)
        entry = SYSTEMS.get(system)
        given = {"classes": 4, **fields}
        config = entry.configure(variant, **{n: v for n, v in given.items() if v is not None})
        network = entry.build(config)
        for name, value in network.named_parameters():
            if name.endswith("noise_var"):
                value.data.fill_(0.2)
        path = tmp_path / f"{system}.safetensors"
        save_network(
            network,
            config,
            path,
            system=system,
            variant=variant,
            source="a test",
            licence="Apache-2.0",
            label_space=label_space,
            extras=extras,
        )
        return str(path)

    return make


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a distribution with plugins: install("my-plugins", {"editors": {"name": "mod:attr"}}).

    `modules` are further files of it, by name: {"mod": "source"}.
    """

    made = []

    def make(name, kinds, modules=None, version="1.0"):
        site = tmp_path / "installed" / name
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = [
            line
            for kind, entries in kinds.items()
            for line in (f"[siebench.{kind}]", *(f"{n} = {t}" for n, t in entries.items()))
        ]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        for module, source in (modules or {}).items():
            (site / f"{module}.py").write_text(source)
        monkeypatch.syspath_prepend(str(site))
        made.extend(modules or {})
        return site

    yield make
    for module in made:
        sys.modules.pop(module, None)
