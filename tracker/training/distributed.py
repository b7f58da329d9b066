"""One process, or one of several that torchrun started, each with its own GPU."""

import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True, slots=True)
class Processes:
    """Where this process stands among those that train together."""

    rank: int  # number of this process; 0 writes the files
    size: int  # number of processes
    device: torch.device  # what this process computes on

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def share(self, batches: torch.Tensor, each: int = 1) -> torch.Tensor:
        """Return this process's part of each batch (batches, B).

        A batch consists of groups of `each` pictures of one person, which stay together. Process
        r of n takes the groups r, r + n, r + 2n …: a batch has its sources one after another, and
        each process should see all of them.
        """
        groups = batches.reshape(len(batches), batches.shape[1] // each, each)
        return groups[:, self.rank :: self.size].reshape(len(batches), -1)

    def any(self, flag: bool) -> bool:
        """Tell whether the flag is set in any process, so that all act alike."""
        if self.size == 1:
            return flag
        value = torch.tensor(int(flag), device=self.device)
        torch.distributed.all_reduce(value)
        return bool(value)

    def wrap(self, model: nn.Module, *, partly_frozen: bool) -> nn.Module:
        """Let the gradients be averaged over the processes."""
        if self.size == 1:
            return model
        ids = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=ids, find_unused_parameters=partly_frozen)


def join_processes(device: str) -> Processes:
    """Join the processes of torchrun, which tells them their ranks; else stand alone.

    Args:
        device: PyTorch's name; among several processes on GPUs each takes its own.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return Processes(0, 1, torch.device(device))
    on_gpu = device.startswith("cuda")
    torch.distributed.init_process_group("nccl" if on_gpu else "gloo")
    own = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(own)
    return Processes(int(os.environ["RANK"]), size, own)


def leave_processes(processes: Processes) -> None:
    """End the connection to the other processes."""
    if processes.size > 1:
        torch.distributed.destroy_process_group()
