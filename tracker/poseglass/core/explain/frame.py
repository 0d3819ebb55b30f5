"""One person in a frame, explained: small pictures of any of the maps over what the network was shown, and captions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import cv2
import numpy as np

from poseglass.api import Explainer
from poseglass.core.explain.maps import MapChoice, MapLayer, MapView, OneMap, is_combined, layer, pick
from poseglass.core.overlay import paint
from poseglass.core.people.boxes import person_box
from poseglass.types import HEATMAP, Explanation, Floats, Image, MapName, Poses, Skeleton
from poseglass_models.crop import compose, cut, invert_affine, transform

GROUND = 0.5
"""Light of the grey picture under a small map: dark enough for the bright ends of the colour maps to stand out."""
KIND_TITLES = {
    "multi_resolution": "attention",
    "refined": "refined attention",
    "part": "part attention",
    HEATMAP: "heatmap",
}
"""What kinds are called in captions; a kind of another's network is called what that calls it."""


@dataclass(frozen=True)
class ExplainedFrame:
    """A frame, and what the network made of one person in it. Small pictures are `side` pixels high and wide."""

    image: Image
    skeleton: Skeleton
    explanation: Explanation
    heading: str = ""  # which frame this is, for the reader of a sheet
    person: int = 0
    _shown: dict[bytes, Image] = field(default_factory=dict, compare=False)  # most maps lie over one square

    @property
    def names(self) -> tuple[MapName, ...]:
        """Names of its maps, in order."""
        return tuple(self.explanation.maps)

    def one(self, choice: MapChoice) -> OneMap:
        """Return the map of a choice; of several keypoints, the first one's."""
        return pick(self.explanation, choice.name, next(iter(choice.keypoints), 0), self.person)

    def layer(self, choice: MapChoice, view: MapView) -> MapLayer:
        """Return what to paint over the frame for a choice."""
        return layer(self.explanation, choice, view, self.person)

    def shown(self, name: MapName, side: int) -> Image:
        """Return what the network was shown, (side, side, 3), black outside the frame."""
        from_frame = self._from_frame(name, side)
        key = from_frame.tobytes()
        if key not in self._shown:
            self._shown[key] = cut(self.image, from_frame, side)
        return self._shown[key]

    def tile(self, choice: MapChoice, view: MapView, side: int) -> Image:
        """Return a map over what the network was shown, in grey, dimmed."""
        return _over(_dimmed(self.shown(choice.name, side)), self.layer(choice, view))

    def posed(self, name: MapName, side: int) -> Image:
        """Return the pose on what the network was shown."""
        from_frame, poses = self._from_frame(name, side), self.explanation.poses
        picture = self.shown(name, side).copy()
        paint(picture, self.skeleton, transform(from_frame, poses.xy[self.person]), poses.score[self.person])
        return picture

    def caption(self, choice: MapChoice) -> tuple[str, str]:
        """Return two lines: which map, and whose with its least and greatest value."""
        name = choice.name
        whose = " ".join(self.skeleton.names[k] for k in choice.keypoints)
        if not whose:
            whose = "all keypoints" if name.per_keypoint else f"{name.width} x {name.height}"
        return f"stack {name.stack} {KIND_TITLES.get(name.kind, name.kind)}", f"{whose}  {self.range_text(choice)}"

    def range_text(self, choice: MapChoice) -> str:
        """Return a map's least and greatest value; nothing for several maps in one picture."""
        return "" if is_combined(choice) else self.one(choice).range_text

    def _from_frame(self, name: MapName, side: int) -> Floats:
        """Return the affine from the frame to a small picture of all that the map covers."""
        one = self.one(MapChoice(name))
        step = np.array(one.values.shape[::-1]) / side
        from_square = np.column_stack([np.diag(step), (step - 1) / 2])  # as crop.scaling, along each axis by itself
        return invert_affine(compose(one.to_frame, from_square))


def look_again(
    image: Image, poses: Poses, skeleton: Skeleton, explainer: Explainer, want: Collection[MapName]
) -> Explanation | None:
    """Explain poses that are already known, by another look at the box around each; those that have none are left out.

    skeleton: the poses'; another network than the explainer may have found them. Returns None, and looks at nothing,
    where there is no pose or nothing is wanted.
    """
    around = [person_box(poses.part([row]), skeleton) for row in range(len(poses))]
    boxes = [box for box in around if box is not None]
    return explainer.explain(image, np.stack(boxes), want) if want and boxes else None


def heading(index: int, time_s: float, person: str = "") -> str:
    """Return which frame this is, and whose, where several people are there, as the head of a sheet says it."""
    return f"frame {index}, {time_s:.3f} s" + (f": person {person}" if person else "")


def _dimmed(picture: Image) -> Image:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.repeat((grey * GROUND).astype(np.uint8)[..., None], 3, axis=2)


def _over(under: Image, what: MapLayer) -> Image:
    placed = cv2.resize(what.rgba, under.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint16)
    return np.asarray((under * (255 - placed[..., 3:]) + 127) // 255 + placed[..., :3], dtype=np.uint8)
