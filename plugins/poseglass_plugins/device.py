"""Where networks compute. Imports torch, which takes seconds, only when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseglass.api import DeviceError

if TYPE_CHECKING:
    import torch


def device_names() -> tuple[str, ...]:
    """Return the names of devices that are there. Imports torch."""
    import torch

    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return ("auto", "cpu", *(f"cuda:{i}" for i in range(cards)), *mps)


def choose_device(name: str) -> tuple[torch.device, str]:
    """Return the device to compute on, and why it is that one. Raises DeviceError for one that is not there."""
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda"), f"auto: {torch.cuda.get_device_name()}"
        if torch.backends.mps.is_available():
            return torch.device("mps"), "auto: Apple GPU"
        return torch.device("cpu"), "auto: torch sees no CUDA device and no Apple GPU"
    kind, _, number = name.partition(":")
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }
    if kind not in there or (number and not number.isdecimal()):
        raise DeviceError(f"unknown device {name!r}; choose auto, cpu, cuda, cuda:N or mps")
    if int(number or 0) >= there[kind]:
        raise DeviceError(
            f"device {name!r} is not there (torch {torch.__version__} sees {there[kind]} {kind}); try auto"
        )
    return torch.device(name), "asked for"
