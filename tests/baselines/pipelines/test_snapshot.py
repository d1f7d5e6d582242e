"""Which files of a folder or of a hub's repository are read, and what is fetched."""

import json
import os

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError
from safetensors.torch import save_file

from baselines.pipelines.snapshot import (
    INDEX,
    files_hash,
    find_snapshot,
    form_of,
    part_files,
    parts_of,
)
from bench.core.errors import BadInput, Unavailable

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PARTS = {
    "_class_name": "SomePipeline",
    "_diffusers_version": "0.40.0",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "safety_checker": [None, None],
    "requires_safety_checker": False,
}


def write(folder, *names, value=0.0):
    """A pipeline's files; those named are weights of the part `unet`."""
    (folder / "unet").mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer").mkdir(exist_ok=True)
    (folder / INDEX).write_text(json.dumps(PARTS))
    (folder / "unet" / "config.json").write_text("{}")
    (folder / "tokenizer" / "vocab.json").write_text("{}")
    (folder / "README.md").write_text("words")
    for name in names:
        save_file({"weight": torch.full((2,), value)}, folder / "unet" / name)
    return folder


def find(name, **options):
    given = {"revision": None, "variant": None, "index": INDEX, "fetch": False, **options}
    return find_snapshot("source", str(name), **given)


def names(folder, variant=None):
    return [path.name for path in part_files(folder, "unet", variant)]


PLAIN = "diffusion_pytorch_model.safetensors"
HALF = "diffusion_pytorch_model.fp16.safetensors"


def test_the_parts_are_those_that_the_index_names(tmp_path):
    assert parts_of(write(tmp_path, PLAIN)) == {
        "unet": ("diffusers", "UNet2DConditionModel"),
        "tokenizer": ("transformers", "CLIPTokenizer"),
    }


def test_weights_are_read_in_one_form(tmp_path):
    write(tmp_path, PLAIN, HALF, "diffusion_pytorch_model.non_ema.safetensors")
    assert names(tmp_path) == ["config.json", PLAIN]
    assert names(tmp_path, "fp16") == ["config.json", HALF]


def test_a_part_without_the_form_is_read_in_its_plain_one(tmp_path):
    write(tmp_path, PLAIN)
    assert names(tmp_path, "fp16") == ["config.json", PLAIN]


def test_weights_in_several_files_are_all_read(tmp_path):
    shards = [f"diffusion_pytorch_model-0000{k}-of-00002.safetensors" for k in (1, 2)]
    halves = [f"diffusion_pytorch_model.fp16-0000{k}-of-00002.safetensors" for k in (1, 2)]
    write(tmp_path, *shards, *halves)
    listing = {"weight_map": {"a": shards[0], "b": shards[1]}}
    (tmp_path / "unet" / f"{PLAIN}.index.json").write_text(json.dumps(listing))
    (tmp_path / "unet" / f"{PLAIN}.index.fp16.json").write_text("{}")
    assert names(tmp_path) == ["config.json", *shards]
    assert names(tmp_path, "fp16") == ["config.json", *halves]


def test_a_hash_is_of_names_and_bytes_wherever_they_lie(tmp_path):
    one, two = write(tmp_path / "one", PLAIN), write(tmp_path / "two", PLAIN)
    other = write(tmp_path / "other", PLAIN, value=1.0)
    hashes = [files_hash(f, part_files(f, "unet", None)) for f in (one, two, other)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_folder_has_no_revision(tmp_path):
    assert find(write(tmp_path, PLAIN)).revision is None
    with pytest.raises(BadInput, match="is a folder, which has no revision; leave it out"):
        find(tmp_path, revision="main")


def test_a_folder_without_an_index_is_no_pipeline(tmp_path):
    with pytest.raises(BadInput, match=r"has no model_index.json; name a folder"):
        find(tmp_path)


def test_what_is_neither_is_refused():
    with pytest.raises(BadInput, match="neither a folder here nor a hub's OWNER/NAME"):
        find("no/such/folder")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub library's cache, empty."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def cached(cache, *names):
    """A repository as the hub's library lays it out: files are links to blobs named by their hashes."""
    root = cache / "models--someone--paints"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(COMMIT)
    folder = write(root / "snapshots" / COMMIT, *names)
    blob = root / "blobs" / ("a" * 64)
    blob.parent.mkdir()
    for name in names:
        path = folder / "unet" / name
        path.rename(blob)
        path.symlink_to(os.path.relpath(blob, path.parent))
    return folder


def test_a_repository_that_is_not_here_is_told_without_asking_the_hub(cache):
    with pytest.raises(Unavailable, match="someone/paints is not here; agree with --fetch") as told:
        find("someone/paints")
    assert "\n" not in str(told.value)


def test_a_repository_in_the_librarys_cache_is_used_and_its_commit_known(cache):
    folder = cached(cache, PLAIN)
    found = find("someone/paints")
    assert (found.folder, found.revision) == (folder, COMMIT)


def test_a_large_file_of_the_cache_is_known_by_its_name(cache, monkeypatch):
    folder = cached(cache, PLAIN)
    read = []
    monkeypatch.setattr(
        "baselines.pipelines.snapshot.file_hash", lambda path: read.append(path.name) or "b" * 64
    )
    files_hash(folder, part_files(folder, "unet", None))
    assert read == ["config.json"]


def test_a_repository_that_is_only_partly_here_is_told(cache):
    cached(cache)
    with pytest.raises(Unavailable, match="is only partly here; agree with --fetch"):
        find("someone/paints")


class Hub:
    """Stands for the hub: of what it has it writes what is asked for."""

    def __init__(self, folder, *names):
        self.folder, self.asked = folder, []
        self.whole = write(folder.parent / "hub", *names)
        for name in ("v1-5.ckpt", "v1-5.safetensors", "unet/diffusion_pytorch_model.bin"):
            (self.whole / name).write_bytes(b"large")
        (self.whole / "safety_checker").mkdir()
        (self.whole / "safety_checker" / "model.safetensors").write_bytes(b"large")

    def __call__(self, name, *, revision, allow_patterns, ignore_patterns, local_files_only):
        if local_files_only and not self.folder.exists():
            raise LocalEntryNotFoundError("nothing here")
        if not local_files_only:
            files = [path for path in self.whole.rglob("*") if path.is_file()]
            names = [path.relative_to(self.whole).as_posix() for path in files]
            patterns = {"allow_patterns": allow_patterns, "ignore_patterns": ignore_patterns}
            for wanted in huggingface_hub.utils.filter_repo_objects(names, **patterns):
                (self.folder / wanted).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / wanted).write_bytes((self.whole / wanted).read_bytes())
            self.asked.append((name, revision))
        return str(self.folder)

    def written(self):
        """What has been fetched into the part `unet`, and what should not have been."""
        names = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.*")}
        surplus = {"v1-5.ckpt", "unet/diffusion_pytorch_model.bin", "README.md"}
        assert not names & surplus
        assert not any(name.startswith("safety_checker/") for name in names)
        return {path.name for path in (self.folder / "unet").glob("*.safetensors")}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    def make(*names):
        made = Hub(tmp_path / COMMIT, *names)
        monkeypatch.setattr(huggingface_hub, "snapshot_download", made)
        return made

    return make


def fetch(**options):
    return find("someone/paints", fetch=True, without=("safety_checker",), **options)


def test_with_agreement_it_is_fetched_once(hub):
    made = hub(PLAIN)
    assert fetch(revision="v1").revision == COMMIT
    first = list(made.asked)
    fetch(revision="v1")
    assert made.asked == first
    assert set(first) == {("someone/paints", "v1")}
    assert made.written() == {PLAIN}


@pytest.mark.parametrize(
    ("there", "variant", "fetched"),
    [
        ((PLAIN, HALF), None, PLAIN),
        ((PLAIN, HALF), "fp16", HALF),
        ((HALF,), "fp16", HALF),
        ((PLAIN,), "fp16", PLAIN),
        ((PLAIN, "diffusion_pytorch_model.non_ema.safetensors"), None, PLAIN),
    ],
)
def test_weights_are_fetched_in_one_form(hub, there, variant, fetched):
    made = hub(*there)
    folder = fetch(variant=variant).folder
    assert made.written() == {fetched}
    assert form_of(folder, "unet", variant) == (variant if fetched == HALF else None)


def test_a_form_that_alone_is_there_is_named(hub, tmp_path):
    hub(HALF)
    with pytest.raises(
        BadInput, match="has no unet in the safetensors format; set `variant` to a form"
    ):
        fetch()
    with pytest.raises(BadInput, match="its weights are there as fp16 alone; set `variant: fp16`"):
        part_files(write(tmp_path / "halves", HALF), "unet", None)


def test_a_repository_without_safetensors_is_refused(hub):
    hub()
    with pytest.raises(BadInput, match="has no unet in the safetensors format"):
        fetch()


def test_what_the_hub_refuses_is_a_sentence(cache, monkeypatch):
    def refuse(name, *, local_files_only, **_):
        import httpx2

        if local_files_only:
            raise LocalEntryNotFoundError("nothing here")
        answer = httpx2.Response(401, request=httpx2.Request("GET", "https://hub/"))
        raise RepositoryNotFoundError("Access to it is restricted.\n\nMore.", response=answer)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(Unavailable, match=r"cannot be fetched \(.*restricted.*\)$") as told:
        find("someone/paints", fetch=True)
    assert "\n" not in str(told.value)
