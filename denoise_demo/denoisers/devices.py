"""The devices of PyTorch: which one computes, its name, and its errors in words."""

import os
import platform
import re

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str | None = None) -> torch.device:
    """Return the device to compute on.

    Args:
        name: "auto", "cpu", "cuda" or "mps"; defaults to DENOISE_DEVICE, then "auto". "auto" takes
            CUDA, then MPS, then the CPU; on ZeroGPU, where PyTorch only claims to have CUDA
            outside the calls that are lent a GPU, the CPU.

    Raises:
        ValueError: for another name, or a device this machine lacks.
    """
    name = name or os.environ.get("DENOISE_DEVICE") or "auto"
    if name not in DEVICES:
        raise ValueError(f"unknown device {name!r}; choose one of: {', '.join(DEVICES)}")
    has_cuda = not os.environ.get("SPACES_ZERO_GPU") and torch.cuda.is_available()
    present = {"cpu": True, "cuda": has_cuda, "mps": torch.mps.is_available()}
    if name == "auto":
        name = next(device for device in ("cuda", "mps", "cpu") if present[device])
    if not present[name]:
        raise ValueError(f"no {name} device here; choose auto or cpu")
    # TF32 has a mantissa of ten bits: a GPU's images would differ from the CPU's by over 1e-4.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """Return the name of a device, for records of speed."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()} {device.type}"


def device_trouble(error: RuntimeError) -> str | None:
    """Explain a device error in a sentence; return None for any other error."""
    text, _, _ = str(error).partition("\n")
    if isinstance(error, torch.OutOfMemoryError) or re.search("out of memory|allocate", text):
        return "the memory is full: free some, or use the CPU"
    if re.search("CUDA|CUDNN|CUBLAS|MPS|HIP", text, re.IGNORECASE):
        return f"the GPU failed ({text})"
    return None
