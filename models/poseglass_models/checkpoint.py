"""Weights on disk: safetensors for the numbers, JSON beside them for all that a reader must know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor, nn

from poseglass_models.attention import AttentionKind
from poseglass_models.multi_context import SIZE_STEP, Context, MultiContextNetwork, NetworkConfig, StemKind
from poseglass_models.shipped import SHIPPED, shipped_names
from poseglass_models.skeleton import Skeleton
from poseglass_models.values import flag, listed, mapping, real, rising, shortened, whole

Network = TypeVar("Network", bound=nn.Module)

FORMAT = 1
"""Version of the JSON's layout."""
POSES = "poses"
"""What these weights find; a JSON that does not say `kind` is theirs."""
MOST_JSON_BYTES = 16 * 2**20
"""Some thousand times what is told of our own weights."""
MOST_PARTS = 999
LARGEST_INPUT = 1024
"""Pixels, the side of a crop; the paper's are 256."""
HIGHEST_PEAK = 10.0
"""Of a heatmap that learnt peaks of 1."""
PYRAMID_WIDTHS = (0.01, 8.0)
"""MobileNetV2's own are 0.35 to 1.4, MoveNet's 1.75."""
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
    places = (SHIPPED / f"{name_or_path}.safetensors", beside(Path(name_or_path), ".safetensors"))
    try:
        return next(path for path in places if path.is_file())
    except (StopIteration, OSError, ValueError):  # nor is a name that is longer than names may be
        told = shortened(str(name_or_path))
        raise CheckpointError(f"no model {told}: neither shipped ({', '.join(names())}) nor a file") from None


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
        network = NetworkConfig(**mapping(entries["network"], "network"))
        _check_network(network, path)
        skeleton = _skeleton(mapping(entries["skeleton"], "skeleton"))
        if len(skeleton) != network.keypoints:
            raise ValueError(f"a network of {network.keypoints} keypoints, but {len(skeleton)} names")
        return Checkpoint(
            network=network,
            input_size=whole(entries, "input_size", SIZE_STEP, LARGEST_INPUT, SIZE_STEP),
            skeleton=skeleton,
            confidence=rising(entries.get("confidence", [[0, 0], [1, 1]]), "confidence", 0, HIGHEST_PEAK),
            training=mapping(entries["training"], "training"),
        )


def _check_network(network: NetworkConfig, path: Path) -> None:
    """Raise ValueError for sizes that no network of ours has, CheckpointError for parts that are not known here."""
    kinds = ((network.attention, AttentionKind), (network.context, Context), (network.stem, StemKind))
    if unknown := [name for name, kind in kinds if name not in get_args(kind)]:
        raise CheckpointError(f"{path}: a network with {', '.join(map(shortened, unknown))}; update Poseglass")
    sizes = asdict(network)
    whole(sizes, "stacks", 1, 64)
    whole(sizes, "channels", 2, 2048, 2)
    whole(sizes, "keypoints", 1, 1000)
    whole(sizes, "mean_field_steps", 1, 32)
    whole(sizes, "crf_kernel", 1, 63)
    flag(sizes, "hourglass_units")
    real(network.pyramid_width, "pyramid_width", *PYRAMID_WIDTHS)


def _skeleton(entries: Mapping[str, Any]) -> Skeleton:
    edges = (listed(edge, "an edge", 2) for edge in listed(entries["edges"], "edges"))
    return Skeleton(tuple(listed(entries["names"], "names")), tuple((a, b) for a, b in edges))


@contextmanager
def told_as_checkpoint(path: Path) -> Iterator[None]:
    """Raise CheckpointError, which names the path, where the block cannot read what a JSON says."""
    try:
        yield
    except CheckpointError:
        raise
    except ValueError as error:
        raise CheckpointError(f"{path}: not a Poseglass checkpoint ({error})") from error
    except (OSError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path}: not a Poseglass checkpoint ({error!r})") from error


def read_told(path: Path, kind: str) -> dict[str, Any]:
    """Return what the JSON says of weights that find that. Raises CheckpointError for others, OSError, KeyError."""
    entries = _read_json(path)
    if entries["format"] != FORMAT:
        told = shortened(entries["format"])
        raise CheckpointError(f"{path}: format {told}, this version reads {FORMAT}; update Poseglass")
    found = entries.get("kind", POSES)
    if found != kind:
        raise CheckpointError(f"{path}: weights that find {found}, where those that find {kind} are wanted")
    whole({"parts": 1, **entries}, "parts", 1, MOST_PARTS)
    return entries


def load(name_or_path: str | Path) -> tuple[MultiContextNetwork, Checkpoint]:
    """Return the network, in evaluation mode on the CPU in single precision, and its JSON. Raises CheckpointError."""
    checkpoint = read_checkpoint(name_or_path)
    return built(lambda: MultiContextNetwork(checkpoint.network), find(name_or_path)), checkpoint


def built(make: Callable[[], Network], path: Path) -> Network:
    """Make a network and give it the weights of a file and its further parts; in evaluation mode.

    Nothing takes memory before the sizes in the file are those of the network. Raises CheckpointError.
    """
    try:
        with torch.device("meta"):  # sizes alone
            _check_sizes(make().state_dict(), path)
        network = make()
        weights = {name: tensor for part in _files(path) for name, tensor in load_file(part).items()}
        network.load_state_dict(weights)
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: weights do not fit the network its JSON describes ({_first_lines(error)})"
        ) from error
    if damaged := [name for name, tensor in weights.items() if not _are_numbers(name, tensor)]:
        raise CheckpointError(f"{path}: weights that are no numbers, {len(damaged)} times, first in {damaged[0]}")
    return network.eval()


def _check_sizes(wanted: Mapping[str, Tensor], path: Path) -> None:
    """Raise ValueError where a file and its further parts do not hold tensors of these names and sizes."""
    found: dict[str, list[int]] = {}
    for part in _files(path):
        with safe_open(part, "pt") as file:
            found |= {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 - not a dict
    for name in [*wanted, *found]:
        there, needed = found.get(name), list(wanted[name].shape) if name in wanted else None
        if there != needed:
            raise ValueError(f"{name} is {there or 'missing'}, where {needed or 'nothing'} is wanted")


def _are_numbers(name: str, tensor: Tensor) -> bool:
    """Tell whether one can compute with these; a variance below 0 has no root."""
    return bool(torch.isfinite(tensor).all()) and not (name.endswith("running_var") and bool((tensor < 0).any()))


def sha256(name_or_path: str | Path) -> str:
    """Return the SHA-256 of the weights file, or of its parts one after the other, as hexadecimal digits."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in _files(find(name_or_path)))).hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_JSON_BYTES:
        raise ValueError(f"larger than {MOST_JSON_BYTES} bytes")
    return mapping(json.loads(path.read_text(encoding="utf-8-sig")), "all of it")


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
