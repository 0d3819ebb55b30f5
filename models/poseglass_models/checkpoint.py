"""Weights on disk: safetensors for the numbers, JSON beside them for all that a reader must know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor, nn

from poseglass_models.attention import AttentionKind
from poseglass_models.multi_context import Context, MultiContextNetwork, NetworkConfig, StemKind
from poseglass_models.shipped import SHIPPED, shipped_names
from poseglass_models.skeleton import Skeleton

FORMAT = 1
"""Version of the JSON's layout."""
POSES = "poses"
"""What these weights find; a JSON that does not say `kind` is theirs."""
PART_BYTES = 16 * 10**6
"""Weights larger than this are divided into several files: many places take no file over 16 MiB or 20 MB."""


class CheckpointError(ValueError):
    """A checkpoint is missing, damaged, or of another format. The message names the file and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """What the JSON says: the architecture, its input and output, and how the weights came to be."""

    network: NetworkConfig
    input_size: int  # pixels, the side of the square crop
    skeleton: Skeleton
    confidence: tuple[tuple[float, float], ...] = ((0.0, 0.0), (1.0, 1.0))  # peak's height, share of such right; rising
    training: Mapping[str, object] = field(default_factory=dict)  # recipe, data, commit, machine, time, scores

    def chance_right(self, peak: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how often, on held-out people, keypoints with such a peak were right by PCK@0.2."""
        peaks, shares = zip(*self.confidence, strict=True)
        return np.asarray(np.interp(peak, peaks, shares))


def find(name_or_path: str | Path, names: Callable[[], tuple[str, ...]] = shipped_names) -> Path:
    """Return the .safetensors file of a shipped name or a path. Raises CheckpointError, which says the `names`."""
    shipped = SHIPPED / f"{name_or_path}.safetensors"
    path = shipped if shipped.is_file() else beside(Path(name_or_path), ".safetensors")
    if not path.is_file():
        raise CheckpointError(f"no model {str(name_or_path)!r}: neither shipped ({', '.join(names())}) nor a file")
    return path


def save(path: Path, network: MultiContextNetwork, checkpoint: Checkpoint) -> None:
    """Write path.safetensors, path.2.safetensors and so on where it is large, and path.json.

    Kernels are in half precision, the rest (norms, biases) in single.
    """
    write(path, network, asdict(checkpoint))


def write(path: Path, network: nn.Module, told: Mapping[str, object]) -> None:
    """Write any network's weights as `save` does, and what is told of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = _divided({name: _compact(tensor) for name, tensor in network.state_dict().items()})
    for number, part in enumerate(parts, start=1):
        _part(path, number, ".part").write_bytes(serialize(part))  # save_file would let nobody else read it
    content = {"format": FORMAT, "parts": len(parts), **told}
    facts = beside(path, ".json.part")
    facts.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for number in range(1, len(parts) + 1):
        _part(path, number, ".part").replace(_part(path, number))
    facts.replace(beside(path, ".json"))
    stale = len(parts) + 1
    while _part(path, stale).exists():  # earlier weights were larger
        _part(path, stale).unlink()
        stale += 1


def read_checkpoint(name_or_path: str | Path) -> Checkpoint:
    """Read only the JSON. Raises CheckpointError."""
    path = find(name_or_path).with_suffix(".json")
    with told_as_checkpoint(path):
        entries = read_told(path, POSES)
        network = NetworkConfig(**entries["network"])
        kinds = ((network.attention, AttentionKind), (network.context, Context), (network.stem, StemKind))
        if unknown := [name for name, kind in kinds if name not in get_args(kind)]:
            raise CheckpointError(f"{path}: a network with {', '.join(map(repr, unknown))}; update Poseglass")
        edges = tuple((a, b) for a, b in entries["skeleton"]["edges"])
        return Checkpoint(
            network=network,
            input_size=int(entries["input_size"]),
            skeleton=Skeleton(tuple(entries["skeleton"]["names"]), edges),
            confidence=tuple((peak, share) for peak, share in entries.get("confidence", ((0, 0), (1, 1)))),
            training=entries["training"],
        )


@contextmanager
def told_as_checkpoint(path: Path) -> Iterator[None]:
    """Raise CheckpointError, which names the path, where the block cannot read what a JSON says."""
    try:
        yield
    except CheckpointError:
        raise
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: not a Poseglass checkpoint ({error!r})") from error


def read_told(path: Path, kind: str) -> dict[str, Any]:
    """Return what the JSON says of weights that find that. Raises CheckpointError for others, OSError, KeyError."""
    entries = _read_json(path)
    if entries["format"] != FORMAT:
        raise CheckpointError(f"{path}: format {entries['format']}, this version reads {FORMAT}; update Poseglass")
    found = entries.get("kind", POSES)
    if found != kind:
        raise CheckpointError(f"{path}: weights that find {found}, where those that find {kind} are wanted")
    return entries


def load(name_or_path: str | Path) -> tuple[MultiContextNetwork, Checkpoint]:
    """Return the network, in evaluation mode on the CPU in single precision, and its JSON. Raises CheckpointError."""
    checkpoint = read_checkpoint(name_or_path)
    path = find(name_or_path)
    network = MultiContextNetwork(checkpoint.network)
    fill(network, path)
    return network.eval(), checkpoint


def fill(network: nn.Module, path: Path) -> None:
    """Give a network the weights of a file and its further parts. Raises CheckpointError."""
    try:
        network.load_state_dict({name: tensor for part in _files(path) for name, tensor in load_file(part).items()})
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: weights do not fit the network its JSON describes ({_first_lines(error)})"
        ) from error


def sha256(name_or_path: str | Path) -> str:
    """Return the SHA-256 of the weights file, or of its parts one after the other, as hexadecimal digits."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in _files(find(name_or_path)))).hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _files(path: Path) -> list[Path]:
    """Return the weights file and its further parts, as many as the JSON says. Raises OSError, ValueError."""
    return [_part(path, number) for number in range(1, int(_read_json(path.with_suffix(".json")).get("parts", 1)) + 1)]


def _part(path: Path, number: int, staged: str = "") -> Path:
    return beside(path, (f".{number}" if number > 1 else "") + ".safetensors" + staged)


def _divided(tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Fill one part after the other, in order."""
    parts: list[dict[str, Tensor]] = [{}]
    room = PART_BYTES
    for name, tensor in tensors.items():
        if tensor.nbytes > room and parts[-1]:
            parts.append({})
            room = PART_BYTES
        parts[-1][name] = tensor
        room -= tensor.nbytes
    return parts


def beside(path: Path, suffix: str) -> Path:
    """Put our suffix on a path with or without one; other dots, as in `tiny-1.5`, belong to the name."""
    stem = path.name.removesuffix(".safetensors").removesuffix(".json")
    return path.parent / (stem + suffix)


def _first_lines(error: Exception) -> str:
    """Torch lists every tensor that does not fit, a line each; the first says which."""
    return " ".join(str(error).split("\n\t")[:2])


def _compact(tensor: Tensor) -> Tensor:
    """Half precision for kernels, which hold nearly all bytes; running variances could leave its range."""
    tensor = tensor.detach().cpu().contiguous()
    return tensor.to(torch.float16) if tensor.dim() >= 2 else tensor
