"""Small pipelines, each made once."""

import pytest


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory):
    """The folder of a small random pipeline: pipeline("sd")."""
    from tests.baselines.pipelines.made import save

    root, made = tmp_path_factory.mktemp("pipelines"), {}

    def get(kind):
        if kind not in made:
            made[kind] = str(save(kind, root / kind))
        return made[kind]

    return get
