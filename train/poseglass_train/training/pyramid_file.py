"""A pretrained pyramid's weights: read out of MoveNet's TensorFlow.js files, kept as safetensors and JSON.

The two files of a TensorFlow.js graph model are `NAME.json`, the graph and the names, shapes and types of its weights,
and `NAME.bin`, the weights one after the other. Numpy reads them; TensorFlow is not needed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save
from safetensors.torch import load_file
from torch import nn

from poseglass_models.checkpoint import beside
from poseglass_models.pyramid import FeaturePyramid, InvertedResidual, scaled
from poseglass_train.errors import DatasetError

FORMAT = 1
"""Version of the JSON's layout."""
LICENCE = "Apache-2.0"
"""Of Google's MoveNet models, by their model cards."""
IN_GRAPH = "model_1/"
"""What stands before a layer's name ends with this."""
NO_STEP = 1e-6
"""Widths further apart than this are different."""


@dataclass(frozen=True)
class _Layer:
    """One convolution: its name in our pyramid, its weights' names in the graph, and what the graph must do there."""

    ours: str
    kernel: str
    bias: str | None
    operation: str
    stride: int = 1
    activation: str | None = None


def import_pyramid(folder: Path, name: str, out: Path) -> dict[str, Any]:
    """Read `NAME.json` and `NAME.bin` of a folder; write `out`.safetensors and `out`.json; return what that JSON says.

    Raises DatasetError for files that are missing, damaged, or of a model with other layers.
    """
    graph_path, weights_path = folder / f"{name}.json", folder / f"{name}.bin"
    try:
        graph, raw = json.loads(graph_path.read_text(encoding="utf-8")), weights_path.read_bytes()
        weights, nodes = _weights(graph, raw, weights_path), _nodes(graph)
        width = _width(weights, graph_path)
        network = _on_meta(width)
        tensors = {
            key: tensor for layer in _layers(network) for key, tensor in _imported(layer, weights, nodes, graph_path)
        }
    except (OSError, KeyError, IndexError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{graph_path}: looked for a TensorFlow.js graph model and its weights, {weights_path.name} ({error!r})"
        ) from error
    _check_shapes(tensors, network, graph_path)
    content = save({key: np.ascontiguousarray(tensor) for key, tensor in tensors.items()})
    facts = {
        "format": FORMAT,
        "width": width,
        "source": str(graph.get("generatedBy", "unknown")),
        "converted_by": str(graph.get("convertedBy", "unknown")),
        "licence": LICENCE,
        "source_sha256": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (graph_path, weights_path)
        },
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    beside(out, ".safetensors").write_bytes(content)
    beside(out, ".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return facts


def load_pyramid(path: Path, pyramid: FeaturePyramid, width: float) -> dict[str, Any]:
    """Give a pyramid of that width the weights that `import_pyramid` wrote; return what is known of them.

    Raises DatasetError for another file, for one that was changed, and for another width.
    """
    path = beside(path, ".safetensors")
    facts = _facts(path)
    try:
        if hashlib.sha256(path.read_bytes()).hexdigest() != facts["sha256"]:
            raise DatasetError(f"{path}: not the weights that its JSON tells of; import them again")
        if abs(facts["width"] - width) > NO_STEP:
            raise DatasetError(f"{path}: a pyramid of width {facts['width']}, the preset's has {width}")
        pyramid.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first = str(error).partition("\n\t")[0]  # torch lists every tensor that does not fit, a line each
        raise DatasetError(f"{path}: not a pyramid that `poseglass-train pyramid` wrote ({first})") from error
    return facts


def pyramid_width(path: Path) -> float:
    """Return the width of the pyramid that `import_pyramid` wrote there. Raises DatasetError."""
    return float(_facts(path)["width"])


def _facts(path: Path) -> dict[str, Any]:
    path = beside(path, ".json")
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(facts["width"], float) or not isinstance(facts["sha256"], str):
            raise TypeError("no width or no SHA-256")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: not what `poseglass-train pyramid` wrote ({error!r})") from error
    return facts


def _weights(graph: Mapping[str, Any], raw: bytes, path: Path) -> dict[str, NDArray[Any]]:
    """Return the weights by name, without what stands before a layer's name. Numbers may lie in half precision."""
    weights, start = {}, 0
    for entry in (entry for group in graph["weightsManifest"] for entry in group["weights"]):
        kind = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        if "quantization" in entry and kind.kind != "f":  # those of 8 and 16 bits are to be scaled and moved
            raise DatasetError(f"{path}: {entry['name']} lies in {kind}; only half and single precision are read")
        count = math.prod(entry["shape"])
        if start + count * kind.itemsize > len(raw):
            raise DatasetError(f"{path}: ends after {len(raw)} bytes, within {entry['name']}; it was cut off")
        weights[_short(entry["name"])] = np.frombuffer(raw, kind, count, start).reshape(entry["shape"])
        start += count * kind.itemsize
    if start != len(raw):
        raise DatasetError(f"{path}: {len(raw) - start} bytes more than the graph tells of; not the same model's")
    return weights


def _nodes(graph: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the operation that each kernel goes into, by the kernel's name."""
    operations = [node for node in graph["modelTopology"]["node"] if len(node.get("input", ())) > 1]
    return {_short(node["input"][1]): node for node in operations}


def _short(name: str) -> str:
    return name.rpartition(IN_GRAPH)[2]


def _width(weights: Mapping[str, NDArray[Any]], path: Path) -> float:
    """Return the width, to a twentieth, at which MobileNetV2 has the blocks' channels that are there."""
    projects = [weights.get(f"model/block_{i}_project/Conv2D_weights") for i in (1, 3, 6, 10, 13, 16)]
    if any(kernel is None for kernel in projects):
        raise DatasetError(f"{path}: not a MoveNet model of one person: it lacks MobileNetV2's blocks")
    there = [kernel.shape[-1] for kernel in projects if kernel is not None]
    for width in np.arange(1, 61) / 20:
        if [scaled(channels, width) for channels in (24, 32, 64, 96, 160, 320)] == there:
            return float(width)
    raise DatasetError(f"{path}: blocks of {there} channels, which MobileNetV2 has at no width")


def _on_meta(width: float) -> FeaturePyramid:
    with torch.device("meta"):
        return FeaturePyramid(width)


def _layers(pyramid: FeaturePyramid) -> Iterator[_Layer]:
    """Yield every convolution of the pyramid with its counterpart."""
    convolution, depthwise = "_FusedConv2D", "FusedDepthwiseConv2dNative"

    def mobile(ours: str, theirs: str, stride: int = 1, activation: str | None = "Relu6") -> _Layer:
        spelled, operation = ("depthwise", depthwise) if theirs.endswith("_depthwise") else ("Conv2D", convolution)
        start = f"model/{theirs}/{spelled}"
        return _Layer(ours, f"{start}_weights", f"{start}_bn_offset", operation, stride, activation)

    yield mobile("first", "Conv1", stride=2)
    for number, block in enumerate(pyramid.blocks):
        assert isinstance(block, InvertedResidual)
        theirs = f"block_{number}" if number else "expanded_conv"
        if number:
            yield mobile(f"blocks.{number}.expand", f"{theirs}_expand")
        yield mobile(f"blocks.{number}.depthwise", f"{theirs}_depthwise", block.depthwise.stride[0])
        yield mobile(f"blocks.{number}.project", f"{theirs}_project", activation=None)
    yield mobile("last", "Conv_1")
    for number in range(len(pyramid.lateral)):
        theirs = f"conv2d_{number}" if number else "conv2d"
        yield _Layer(
            f"lateral.{number}", f"{theirs}/Conv2D/ReadVariableOp", f"{theirs}/BiasAdd/ReadVariableOp", convolution
        )
    for number in range(len(pyramid.merge)):
        theirs = f"separable_conv2d_{number}" if number else "separable_conv2d"
        theirs += "/separable_conv2d"
        yield _Layer(f"merge.{number}.depthwise", f"{theirs}/ReadVariableOp", None, "DepthwiseConv2dNative")
        yield _Layer(
            f"merge.{number}.pointwise", f"{theirs}_weights", f"{theirs}_bn_offset", convolution, activation="Relu"
        )


def _imported(
    layer: _Layer, weights: Mapping[str, NDArray[Any]], nodes: Mapping[str, Mapping[str, Any]], path: Path
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the layer's tensors by our names, where the graph does there what our pyramid does."""
    if layer.kernel not in weights or layer.kernel not in nodes or (layer.bias or layer.kernel) not in weights:
        raise DatasetError(f"{path}: no layer {layer.kernel.rpartition('/')[0]}; not a MoveNet model of one person")
    found = _described(nodes[layer.kernel])
    wanted = (layer.operation, layer.stride, layer.activation)
    if found != wanted:
        raise DatasetError(f"{path}: {layer.kernel} goes into {found}, looked for {wanted}")
    # depthwise kernels lie as (height, width, C, 1), others as (height, width, in, out)
    order = (2, 3, 0, 1) if "Depthwise" in layer.operation else (3, 2, 0, 1)
    yield f"{layer.ours}.weight", weights[layer.kernel].transpose(order)
    if layer.bias is not None:
        yield f"{layer.ours}.bias", weights[layer.bias]


def _described(node: Mapping[str, Any]) -> tuple[str, int, str | None]:
    """Return the operation, its stride, and the activation that is fused into it. Texts of the graph are in base64."""
    attributes = node["attr"]
    fused = attributes.get("fused_ops", {}).get("list", {}).get("s", ())
    activations = [text for text in (base64.b64decode(one).decode() for one in fused) if text != "BiasAdd"]
    return node["op"], int(attributes["strides"]["list"]["i"][1]), activations[0] if activations else None


def _check_shapes(tensors: Mapping[str, NDArray[Any]], network: nn.Module, path: Path) -> None:
    for name, ours in network.state_dict().items():
        if name not in tensors or tensors[name].shape != tuple(ours.shape):
            found = tensors[name].shape if name in tensors else "nothing"
            raise DatasetError(f"{path}: {name} is {found}, the pyramid has {tuple(ours.shape)}")
