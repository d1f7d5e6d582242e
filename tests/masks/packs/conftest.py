import pytest

from masks import make_protocol, write_pack


@pytest.fixture
def pack(tmp_path, streets, plain):
    """Removals in four streets, two samples each, and one scene where there is nothing to remove."""
    folder = tmp_path / "pack"
    sites = ((site, sample) for site in [*streets, plain] for sample in range(2))
    write_pack(folder, make_protocol("object-remove"), sites, seed=5, fingerprint="f00d")
    return folder
