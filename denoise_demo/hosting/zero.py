"""ZeroGPU, the hardware of new Spaces: a GPU that is lent for single calls.

The process itself has no GPU there, although PyTorch says that it has one: a call is lent one in a
process of its own, for a time that counts against the visitor's quota.
"""

import os
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
VARIABLE = "SPACES_ZERO_GPU"  # set on such Spaces


def on_gpu(seconds: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function to compute on a lent GPU where the page runs on ZeroGPU.

    Elsewhere the function stays as it is. Its arguments and result must be picklable, and of its
    errors only gr.Error reaches the visitor.

    Args:
        seconds: how long a call may take, the start of CUDA included; longer ones are aborted.

    Reference: https://huggingface.co/docs/hub/spaces-zerogpu.
    """

    def decorate(work: Callable[P, T]) -> Callable[P, T]:
        if not os.environ.get(VARIABLE) or find_spec("spaces") is None:
            return work
        import spaces  # noqa: PLC0415 - nothing of it is needed elsewhere

        @wraps(work)
        def lent(*args: P.args, **kwargs: P.kwargs) -> T:
            os.environ.pop(VARIABLE, None)  # the GPU is real in the call's own process
            return work(*args, **kwargs)

        decorated: Callable[P, T] = spaces.GPU(duration=seconds)(lent)
        return decorated

    return decorate
