"""What a page needs that strangers use: limits, health, folders, turns, ZeroGPU.

Independent of Gradio and of what the page shows. Limits come from environment variables, which
docs/hosting.md lists.
"""

from denoise_demo.hosting import bodies, held, metrics, turns
from denoise_demo.hosting.bodies import Refusal, check_json
from denoise_demo.hosting.connections import guard_connections
from denoise_demo.hosting.folders import cannot_keep, prepare_folders
from denoise_demo.hosting.guard import ERROR_HANDLERS, Guard
from denoise_demo.hosting.held import Held
from denoise_demo.hosting.limits import Limits, cores, limits
from denoise_demo.hosting.memory import return_free_memory, return_large_blocks
from denoise_demo.hosting.stubs import skip_stubs
from denoise_demo.hosting.turns import BusyError, Lane, SupersededError
from denoise_demo.hosting.zero import on_gpu

__all__ = [
    "ERROR_HANDLERS",
    "BusyError",
    "Guard",
    "Held",
    "Lane",
    "Limits",
    "Refusal",
    "SupersededError",
    "bodies",
    "cannot_keep",
    "check_json",
    "cores",
    "guard_connections",
    "held",
    "limits",
    "metrics",
    "on_gpu",
    "prepare_folders",
    "return_free_memory",
    "return_large_blocks",
    "skip_stubs",
    "turns",
]
