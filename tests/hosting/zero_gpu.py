"""Run `python app.py` as on ZeroGPU: the package spaces is real, the GPU and its lender are not.

The lender's API is a stub at SPACES_ZERO_DEVICE_API_URL. What a build of PyTorch without CUDA
cannot do is replaced: the version and the start of CUDA, here and in the lent call's process.
"""

import runpy

import torch

torch.version.cuda = "12.8"
torch._C._cuda_init = torch.cuda._is_in_bad_fork = bool  # picklable functions of nothing

import spaces.zero.torch as lent  # noqa: E402

lent.init = lambda uuid: None
lent.move = lambda callback=None: None

runpy.run_path("app.py", run_name="__main__")
