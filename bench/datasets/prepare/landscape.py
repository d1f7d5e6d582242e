"""The scene categories of ADE20K-Landscape, as this project chooses them.

SPMPGAN's list was never published (protocol/editing.md, D.1). Ours are the categories of open
nature, where sky, water, ground and plants fill the image and nothing built is the subject. A
category that the archive does not have costs nothing; the manifest lists those that were found.
"""

from __future__ import annotations

__all__ = ["LANDSCAPE_SCENES"]

LANDSCAPE_SCENES = frozenset(
    (
        "badlands", "bamboo_forest", "bayou", "beach", "bog", "butte", "canyon", "cliff",
        "coast", "creek", "crevasse", "desert_sand", "desert_vegetation", "dune", "estuary",
        "field", "field_cultivated", "field_wild", "fjord", "forest", "forest_broadleaf",
        "forest_needleleaf", "forest_path", "forest_road", "glacier", "grassland", "gulch",
        "hill", "hot_spring", "ice_floe", "ice_shelf", "iceberg", "islet", "lagoon", "lake",
        "lake_natural", "marsh", "meadow", "mesa", "moor", "mountain", "mountain_path",
        "mountain_road", "mountain_snowy", "natural_spring", "oasis", "ocean", "pasture",
        "plain", "pond", "rainforest", "river", "rock_arch", "rocky_plain", "salt_plain",
        "sand", "sandbar", "savanna", "sea_cliff", "shore", "snowfield", "stream", "swamp",
        "tundra", "valley", "volcano", "waterfall", "waterfall_block", "waterfall_cascade",
        "waterfall_cataract", "waterfall_fan", "waterfall_plunge", "wave", "wetland",
        "woodland",
    )
)  # fmt: skip
"""Names as sceneCategories.txt writes them, with underscores."""
