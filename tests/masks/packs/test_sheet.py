import numpy as np
import pytest
from PIL import Image

from masks import MaskError, contact_sheet, make_protocol, write_pack
from masks.packs.sheet import CAPTION, COLUMNS, TILE


def test_a_sheet_shows_every_edit_up_to_the_limit(pack, tmp_path):
    assert contact_sheet(pack, tmp_path / "sheet.png") == 10
    assert contact_sheet(pack, tmp_path / "few.png", limit=3) == 3
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (COLUMNS * (TILE + 4), 2 * (TILE + CAPTION + 4))


def test_a_tile_shows_the_mask_in_white(tmp_path, plain):
    write_pack(tmp_path / "a", make_protocol("outpainting"), [(plain, 0)], seed=0, fingerprint="")
    contact_sheet(tmp_path / "a", tmp_path / "sheet.png")
    tile = np.asarray(Image.open(tmp_path / "sheet.png"))[:TILE, :TILE]
    assert (tile[:, : TILE // 2] == 96).all()
    assert (tile[:, TILE // 2 :] == 255).all()


def test_a_folder_that_is_no_pack_is_refused(tmp_path):
    with pytest.raises(MaskError, match="cannot be read"):
        contact_sheet(tmp_path, tmp_path / "sheet.png")
