"""A live laboratory for denoising autoencoders, and a library of denoisers.

The package consists of ten rooms. Each may import only the rooms named before it:

- `common`: checks of input from outside, atomic writing of files
- `corruption`: clean -> noisy: noise, blur, mixtures, evaluation points
- `networks`: the nn.Modules and their registry
- `data`: MNIST, faces, built-in pictures, uploads
- `denoisers`: filters, recipes, checkpoints, loading, the catalog of all denoisers
- `benchmark`: metrics, scores and results
- `training`: the training loop, losses, optimisers, resuming, several processes
- `lab`: one experiment, comparison, sources of pictures, presets, codes, dreams
- `figures`: the articles' figures and charts
- `ui`: the page

`docs/architecture.md` describes them. The front door of the library is here:
`load_denoiser`, `list_denoisers` and `corrupt`.
"""

import signal
import sys

if sys.argv[:1] == ["-m"]:  # no traceback from the imports of `python -m`, which take seconds
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from denoise_demo.corruption import corrupt
from denoise_demo.denoisers import list_denoisers, load_denoiser

__version__ = "1.1.0"
__all__ = ["__version__", "corrupt", "list_denoisers", "load_denoiser"]
