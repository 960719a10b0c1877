"""ONNX Runtime, which computes one image on a CPU in about half of PyTorch's time or less.

A network is exported when it is first used, checked against PyTorch and cached. PyTorch stays the
reference, the fallback, and the engine of GPUs, training and published results.
"""

import hashlib
import io
import os
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from denoise_demo.common import write_atomically
from denoise_demo.data import cache_dir
from denoise_demo.networks import CORRECTION_MINIMUM, Shape

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ENGINES = ("auto", "torch", "onnx")
EXPORT = 1  # version of the exported files
OPSET = 17  # of ONNX; the first with layer normalisation
TOLERANCE = 1e-5  # largest difference from PyTorch; relative above 1
SHARE = 1e-3  # of values that may differ by more, up to the smallest correction
COUNTS = (1, 2, 7)  # images in the batches that are compared

_futures: "WeakKeyDictionary[nn.Module, Future[Session | None]]" = WeakKeyDictionary()
_requesting, _opening = threading.Lock(), threading.Lock()
_page = threading.Event()  # set while a page is served


class DisagreementError(RuntimeError):
    """A session's outputs differ from those of its network."""


@dataclass(frozen=True)
class Session:
    """A network in ONNX Runtime, for float32 images (N, *shape) on the CPU; threads may share it.

    It offers the network's own methods: a call, and `with_spread` where the network has it.
    """

    runtime: "InferenceSession"
    shape: Shape

    def __call__(self, images: Tensor) -> Tensor:
        """Return the network's output."""
        return self.run(["output"], images)[0]

    def with_spread(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the network's output and its expected error."""
        output, spread = self.run(["output", "spread"], images)
        return output, spread

    def run(self, names: list[str], images: Tensor) -> list[Tensor]:
        """Return the named outputs."""
        found = self.runtime.run(names, {"images": images.contiguous().numpy()})
        return [torch.from_numpy(array) for array in found]


def choose_engine(name: str | None = None) -> str:
    """Return the engine of networks on the CPU: "torch" or "onnx".

    Args:
        name: "auto", "torch" or "onnx"; defaults to DENOISE_ENGINE, then "auto". "auto" takes
            ONNX Runtime where a page is served and it is installed, else PyTorch.

    Raises:
        ValueError: for another name, or when ONNX Runtime is asked for and not installed.
    """
    name = name or os.environ.get("DENOISE_ENGINE") or "auto"
    if name not in ENGINES:
        raise ValueError(f"unknown engine {name!r}; choose one of: {', '.join(ENGINES)}")
    installed = all(map(find_spec, ("onnxruntime", "onnx")))
    if name == "auto":
        return "onnx" if installed and _page.is_set() else "torch"
    if name == "onnx" and not installed:
        raise ValueError("the engine onnx is not installed: pip install onnxruntime onnx")
    return name


def describe(engine: str) -> str:
    """Return the name and version of "torch" or "onnx"."""
    name, package = {"torch": ("PyTorch", "torch"), "onnx": ("ONNX Runtime", "onnxruntime")}[engine]
    return f"{name} {metadata.version(package)}"


def serve_page() -> None:
    """Let "auto" take ONNX Runtime, and open sessions in the background: nobody waits for one."""
    _page.set()


def serves_page() -> bool:
    """Return whether `serve_page` has been called."""
    return _page.is_set()


def session_of(
    module: nn.Module, name: str, shape: Shape, *, any_size: bool = False
) -> Session | None:
    """Return the session of a network on the CPU; None where PyTorch is to compute it.

    The first call opens it. For a page this happens in a thread, and is None until it is ready.

    Args:
        module: in eval mode.
        name: for messages and the cached file.
        shape: of an image; an example where the session takes any size.
        any_size: whether it takes images of other heights and widths too.
    """
    future = _futures.get(module)
    if future is None:
        with _requesting:
            future = _futures.get(module) or _request(module, name, shape, any_size)
            _futures[module] = future
    return future.result() if future.done() or not _page.is_set() else None


def _request(
    module: nn.Module, name: str, shape: Shape, any_size: bool
) -> "Future[Session | None]":
    future: Future[Session | None] = Future()

    def work() -> None:
        with _opening:  # the exporter is not made for threads
            future.set_result(open_session(module, name, shape, any_size=any_size))

    if choose_engine() == "torch":
        future.set_result(None)
    elif _page.is_set():
        _background().put(work)
    else:
        work()
    return future


@cache
def _background() -> "SimpleQueue[Callable[[], None]]":
    """Return the work of one thread, because memory that many threads have used is not returned."""
    queue: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def run() -> None:
        while True:
            queue.get()()

    threading.Thread(target=run, name="opening sessions", daemon=True).start()
    return queue


def open_session(
    module: nn.Module, name: str, shape: Shape, *, any_size: bool = False
) -> Session | None:
    """Open a network in ONNX Runtime and check it; None, and one line that says why, if it fails.

    The export is taken from the cache, or made anew if it is missing, damaged or disagrees.
    """
    path = _cache_path(module, name)
    with suppress(Exception):
        return _checked_session(path, module, shape)
    try:
        content = _export(module, shape, any_size)
        return _checked_session(path if _kept(path, content) else content, module, shape)
    except Exception as error:  # whatever it is, PyTorch can do without it
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        print(f"{name} is computed by PyTorch, not by ONNX Runtime: {reason}", file=sys.stderr)
        return None


def _cache_path(module: nn.Module, name: str) -> Path:
    """Return the place of an export, named after everything that it depends on."""
    found = hashlib.sha256(f"{EXPORT} {metadata.version('onnxruntime')}".encode())
    for key, tensor in module.state_dict().items():
        found.update(key.encode())
        found.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return cache_dir("engine") / f"{name}-{found.hexdigest()[:16]}.onnx"


def _kept(path: Path, content: bytes) -> bool:
    """Cache an export in place of the network's earlier ones; False where nothing can be written.

    A session of a file takes half the memory of a session of bytes.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
        for other in path.parent.glob(f"{path.stem[:-16]}{'?' * 16}.onnx"):
            if other != path:
                other.unlink()
    except OSError:
        return False
    return True


def _export(module: nn.Module, shape: Shape, any_size: bool) -> bytes:
    """Return a network as an ONNX file that takes any number of images, of any size if asked."""
    axes = {0: "N", 2: "H", 3: "W"} if any_size else {0: "N"}
    file = io.BytesIO()
    whole = Whole(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this exporter is the older one
        torch.onnx.export(
            whole,
            (torch.zeros(2, *shape),),
            file,  # type: ignore[arg-type]
            dynamo=False,  # the newer one imports and exports for seconds, and needs more packages
            opset_version=OPSET,
            input_names=["images"],
            output_names=whole.names,
            dynamic_axes=dict.fromkeys(("images", *whole.names), axes),
        )
    return file.getvalue()


def _checked_session(export: Path | bytes, module: nn.Module, shape: Shape) -> Session:
    """Open an exported network; DisagreementError when its outputs are not PyTorch's."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else it reports to Microsoft; see its Privacy.md
    from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415 - only if wanted

    options = SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest batch
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # failures are reported here
    session = Session(InferenceSession(export, options, ["CPUExecutionProvider"]), shape)
    generator, whole = torch.Generator().manual_seed(0), Whole(module)
    for count in COUNTS:
        images = 0.5 + torch.randn(count, *shape, generator=generator) / 2
        with torch.inference_mode():
            expected = whole(images)
        for name, ours, theirs in zip(
            whole.names, session.run(whole.names, images), expected, strict=True
        ):
            _compare(name, ours, theirs)
    return session


def _compare(name: str, ours: Tensor, theirs: Tensor) -> None:
    """Raise DisagreementError unless an output is PyTorch's, to rounding errors."""
    gap = (ours - theirs).abs() / theirs.abs().clamp_min(1)
    apart = ~(gap <= TOLERANCE)  # also NaN
    # A correction at its minimum may be dropped by one and kept by the other.
    if apart.float().mean() > SHARE or not gap.max() <= CORRECTION_MINIMUM + TOLERANCE:
        raise DisagreementError(
            f"its {name} differs by up to {float(gap.max()):.1e}, "
            f"in {int(apart.sum())} of {apart.numel()} values"
        )


class Whole(nn.Module):
    """A network with all its outputs."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.spreads = hasattr(module, "with_spread")
        self.names = ["output", "spread"] if self.spreads else ["output"]
        self.eval()  # the exporter ends in this mode, and others use the module meanwhile

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the network's outputs, in the order of their names."""
        if self.spreads:
            return self.module.with_spread(images)  # type: ignore[no-any-return, operator]
        return (self.module(images),)
