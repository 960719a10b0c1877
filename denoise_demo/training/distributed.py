"""One training run in several processes, as `torchrun --nproc-per-node N train.py` starts them."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Group:
    """The processes of a run, and this process's rank; one process needs no communication."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes and prints for all."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """Return this process's share of a batch, every `size`-th row."""
        return rows[self.rank :: self.size]

    def wrap(self, module: nn.Module) -> nn.Module:
        """Return a module whose gradients are averaged over the processes."""
        if self.size == 1:
            return module
        # A false alarm for kernels with one output channel, where that stride has no effect.
        warnings.filterwarnings("ignore", "Grad strides do not match")
        return DistributedDataParallel(module)

    def sum(self, number: Tensor) -> Tensor:
        """Return the sum over the processes."""
        if self.size > 1:
            dist.all_reduce(number)
        return number

    def align(self, module: nn.Module) -> None:
        """Copy the first process's running statistics to all, because each saw only its share."""
        for buffer in module.buffers() if self.size > 1 else ():
            dist.broadcast(buffer, 0)

    def wait(self) -> None:
        """Wait for every process."""
        if self.size > 1:
            dist.barrier()


def is_peer_lost(error: RuntimeError) -> bool:
    """Return whether an error means that another process was lost."""
    words = ("connection", "gloo", "nccl", "peer", "timed out")
    return dist.is_initialized() and any(word in str(error).lower() for word in words)


@contextmanager
def joined(device: torch.device) -> Iterator[tuple[Group, torch.device]]:
    """Join the processes that torchrun started, by NCCL on GPUs and gloo elsewhere.

    Args:
        device: where to train; with CUDA each process takes one GPU.

    Yields:
        The group (a single process without torchrun) and this process's device.

    Raises:
        ValueError: when there is no GPU for every process, or the device has no backend.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group(), device
        return
    here = int(os.environ["LOCAL_WORLD_SIZE"])
    if device.type == "mps" or (device.type == "cuda" and here > torch.cuda.device_count()):
        raise ValueError(f"no {device.type} device for each of {here} processes: give --device cpu")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
        dist.init_process_group("nccl", device_id=device)
    else:
        # torchrun sets one thread for each process; share the cores instead.
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // here))
        dist.init_process_group("gloo")
    yield Group(dist.get_rank(), size), device
    dist.destroy_process_group()
