import numpy as np

from bench.datasets import check_dataset


def whole(written, stem):
    written.image(stem)
    written.labels(stem, np.zeros((8, 6), dtype=np.uint8))
    written.instances(stem, np.zeros((8, 6), dtype=np.uint8))


def test_a_good_folder_has_no_problems(written):
    whole(written, "a")
    assert check_dataset("folder", written.root) == []


def test_every_fault_is_reported_and_none_hides_another(written):
    for stem in "abcdefg":
        whole(written, stem)
    (written.root / "classes.json").write_text('["sky", "sea"]')
    written.image("a").write_bytes(b"no image")
    (written.root / "labels" / "b.png").unlink()
    written.labels("c", np.full((8, 6), 9, dtype=np.uint8))
    written.labels("d", np.zeros((3, 6), dtype=np.uint8))
    (written.root / "images" / "e.png").unlink()
    (written.root / "instances" / "f.png").write_bytes(b"")
    problems = {problem.scene: problem.what for problem in check_dataset("folder", written.root)}
    assert sorted(problems) == ["a", "b", "c", "d", "e", "f"]
    assert "images/a.png" in problems["a"]
    assert "labels/b.png: this file is missing" in problems["b"]
    assert "label 9 at row 0, column 0" in problems["c"]
    assert "one size" in problems["d"]
    assert "labels but no image" in problems["e"]
    assert "instances/f.png" in problems["f"]


def test_a_scene_with_two_faults_has_two_problems(written):
    whole(written, "a")
    written.image("a").write_bytes(b"no image")
    written.labels("a", np.zeros((8, 6), dtype=np.uint8)).write_bytes(b"no labels")
    assert len(check_dataset("folder", written.root)) == 2


def test_wrong_folders_and_names_are_problems_too(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for name, path, says in (
        ("folder", tmp_path, "holds no image"),
        ("folder", tmp_path / "nowhere", "no such folder"),
        ("cityscapes", tmp_path / "images", "holds no folder test/images"),
        ("cityscope", tmp_path, "did you mean 'cityscapes'"),
    ):
        (problem,) = check_dataset(name, path)
        assert says in str(problem)
