"""The data sets by name: where each lies under the data folder, and what of it is held out."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poseglass_models.skeleton import PERSON_19
from poseglass_train.data.background import read_background, read_nobody
from poseglass_train.data.coco import coco_paths, read_coco
from poseglass_train.data.jhmdb import as_images, read_jhmdb
from poseglass_train.data.labelled import LabelledImages
from poseglass_train.data.lsp import read_lsp, read_lspet
from poseglass_train.data.mpii import MpiiSplit, as_lsp, read_mpii
from poseglass_train.data.pseudo_labels import correct, read_photographs
from poseglass_train.errors import DatasetError

logger = logging.getLogger(__name__)

HELD_OUT = 200
"""The last images of LSP's training half are never trained on; the log's PCK is theirs."""
HELD_OUT_SHARE = 0.05
"""Of a data set without a place for it: the share that is never trained on."""
MPII_SPLITS: tuple[MpiiSplit, MpiiSplit] = ("train", "valid")
"""Of MPII's labelled people: trained on, and held out as Tompson et al. 2014 did."""
JHMDB_STEP = 3
"""Frames: neighbours in a clip are nearly the same picture."""


@dataclass(frozen=True)
class LabelledSet:
    """A data set divided: what is trained on, and what is held out to see how the training goes."""

    train: LabelledImages
    held_out: LabelledImages


def _lsp(data: Path) -> LabelledSet:
    lsp = read_lsp(data / "lsp", "train")
    return LabelledSet(lsp.part(slice(0, -HELD_OUT)), lsp.part(slice(-HELD_OUT, None)))


def _lsp_held_out(data: Path) -> LabelledSet:
    lsp = read_lsp(data / "lsp", "train")
    return LabelledSet(lsp.part(slice(0, 0)), lsp)


def _lspet(data: Path) -> LabelledSet:
    lspet = read_lspet(data / "lspet")
    return LabelledSet(lspet, lspet.part(slice(0, 0)))


def _lspet_corrected(data: Path) -> LabelledSet:
    lspet, done = correct(read_lspet(data / "lspet").on(PERSON_19), data / "lspet" / "second_opinion.npz")
    logger.info("lspet-corrected: %s", done)
    return LabelledSet(lspet, lspet.part(slice(0, 0)))


def _people(data: Path) -> LabelledSet:
    people = read_photographs(data / "people")
    return divided(people, [picture.path.name for picture in people.pictures])


def _jhmdb(data: Path) -> LabelledSet:
    clips = read_jhmdb(data / "jhmdb", "train")
    kept = [clip for clip in clips if not is_held_out(clip.source)]
    held_out = [clip for clip in clips if is_held_out(clip.source)]
    return LabelledSet(as_images(kept, JHMDB_STEP).on(PERSON_19), as_images(held_out, 3 * JHMDB_STEP).on(PERSON_19))


def _background(data: Path) -> LabelledSet:
    """None is held out: there is no score where there is nobody."""
    clips = [clip for clip in read_jhmdb(data / "jhmdb", "train") if not is_held_out(clip.source)]
    background = read_background(data, read_lspet(data / "lspet").on(PERSON_19), as_images(clips, 1).on(PERSON_19))
    return LabelledSet(background, background.part(slice(0, 0)))


def _nobody(data: Path) -> LabelledSet:
    """None is held out, as of `background`."""
    nobody = read_nobody(data / "nobody", PERSON_19)
    return LabelledSet(nobody, nobody.part(slice(0, 0)))


def _mpii(data: Path) -> LabelledSet:
    return LabelledSet(*(read_mpii(data / "mpii", split).images for split in MPII_SPLITS))


def _mpii_as_lsp(data: Path) -> LabelledSet:
    mpii = _mpii(data)
    return LabelledSet(as_lsp(mpii.train), as_lsp(mpii.held_out))


def _coco(data: Path) -> LabelledSet:
    people = read_coco(*coco_paths(data / "coco", "train"))
    return divided(people, [picture.path.name for picture in people.pictures])


SETS: dict[str, Callable[[Path], LabelledSet]] = {
    "lsp": _lsp,
    "lsp-held-out": _lsp_held_out,
    "lspet": _lspet,
    "lspet-corrected": _lspet_corrected,
    "people": _people,
    "jhmdb": _jhmdb,
    "background": _background,
    "nobody": _nobody,
    "mpii": _mpii,
    "mpii-as-lsp": _mpii_as_lsp,
    "coco": _coco,
}
"""Readers of `DATA/lsp` and so on. `mpii` and `coco` have their own keypoints, the others LSP's, so that those can be
trained on together. None reads a test split."""


def read_set(name: str, data: Path) -> LabelledSet:
    """Read one by name. Raises DatasetError."""
    if name not in SETS:
        raise DatasetError(f"no data set {name!r}; there are {', '.join(SETS)}")
    return SETS[name](data)


def own_set(labelled: LabelledImages) -> LabelledSet:
    """Divide somebody's own pictures; of few none may be held out, which is told, and one alone is trained on."""
    each = divided(labelled, [picture.path.name for picture in labelled.pictures])
    if not len(each.train):
        each = LabelledSet(labelled, labelled.part(slice(0, 0)))
    if not len(each.held_out):
        count = len({picture.path for picture in labelled.pictures})
        logger.warning(
            "%d picture%s, too few to hold any out: the log has no score, nothing says what the weights are worth",
            count,
            "" if count == 1 else "s",
        )
    return each


def divided(labelled: LabelledImages, names: list[str]) -> LabelledSet:
    """Hold out a share by name, so that all that carries one name (an image, a film) is on one side."""
    held_out = np.array([is_held_out(name) for name in names], dtype=bool)
    return LabelledSet(labelled.part(~held_out), labelled.part(held_out))


def is_held_out(name: str) -> bool:
    """Say by a checksum: the same on every machine and for whatever else the data set holds."""
    return zlib.crc32(name.encode()) < HELD_OUT_SHARE * 2**32
