"""Writes mask_digests.json: run once when a protocol is added; a digest that is there never changes.

python -m tests.golden.make_mask_digests
"""

import json
from pathlib import Path

import numpy as np

from masks import Site
from tests.masks.conftest import street_site
from tests.masks.protocols.test_every_protocol import ANY_SIZE, made, outcome

PATH = Path(__file__).with_name("mask_digests.json")


def main():
    plain = Site("made-up", "plain-0", np.zeros((256, 256), np.int32), None, ("ground",))
    sites = (street_site("street-0"), street_site("street-1"), plain)
    golden = json.loads(PATH.read_text(encoding="utf-8"))
    for key in ANY_SIZE:
        golden.setdefault(
            key,
            [
                outcome(made(key).draw(site, seed=seed, sample=sample))
                for site in sites
                for seed, sample in ((0, 0), (0, 1), (7, 0))
            ],
        )
    PATH.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
