"""Which track each pose of a frame belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from poseglass.types import Frame, Poses


class InOrder:
    """Numbers poses by the order of their boxes: for a source whose boxes keep to their people."""

    def names(self, frame: Frame, poses: Poses) -> Sequence[str]:  # noqa: ARG002 - others go by time and looks
        """Return "1", "2" and so on."""
        return [str(number + 1) for number in range(len(poses))]
