"""The articles' networks.

Every denoiser maps a batch `(N, C, H, W)` to the same shape, in [0, 1] in eval mode. Those whose
output has an activation give the values before it by `logits`, and those with a bottleneck their
code by `encode`. The classifier maps `(N, 1, 28, 28)` to ten logits.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoise_demo.common import lookup
from denoise_demo.networks.blind import BlindCorrection, BlindUNet
from denoise_demo.networks.faces import Pix2Pix, StridedConv

Shape = tuple[int, int, int]
DIGIT: Shape = (1, 28, 28)
FACE: Shape = (3, 28, 28)


@dataclass(frozen=True)
class ModelSpec:
    """A network's label, class and constructor arguments, and the image shape it takes."""

    label: str
    module: type[nn.Module]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = DIGIT


class EnlargeConv2d(nn.Conv2d):
    """A 3x3 convolution of the image enlarged twice, computed without enlarging it.

    In an image whose pixels are repeated 2 x 2, a 3x3 window covers only 2 x 2 different pixels,
    in one of four ways. So the same kernel, its taps added up in those four ways, goes over the
    small image, and the four results are interleaved: (N, C, H, W) -> (N, out, 2H, 2W).

    Reference: Shi et al. 2016, doi:10.1109/CVPR.2016.207, for the interleaving.
    """

    # [even or odd place, pixel of the small image, tap of the kernel]
    TAPS = torch.tensor([[[1.0, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]])

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        self.register_buffer("taps", self.TAPS.clone(), persistent=False)

    def forward(self, small: Tensor) -> Tensor:
        """Return the convolution of the enlarged image, (N, out, 2H, 2W)."""
        kernels = torch.einsum("pyk,qxl,ockl->opqcyx", self.taps, self.taps, self.weight)
        layout = torch.channels_last
        kernels = kernels.flatten(0, 2).contiguous(memory_format=layout)  # (4 * out, C, 3, 3)
        bias = None if self.bias is None else self.bias.repeat_interleave(4)
        return F.pixel_shuffle(F.conv2d(small, kernels, bias, padding=1), 2)


class Autoencoder(nn.Module, ABC):
    """Network with a code between an encoder and a decoder: `encode` and `from_code`."""

    @abstractmethod
    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, ...)."""

    @abstractmethod
    def from_code(self, code: Tensor) -> Tensor:
        """Return the values before the output activation, (N, 1, 28, 28), for codes."""

    def decode(self, code: Tensor) -> Tensor:
        """Return the images that codes stand for, (N, 1, 28, 28) in [0, 1]."""
        return self.from_code(code).sigmoid()

    def logits(self, noisy: Tensor) -> Tensor:
        """Return the values before the output activation, (N, 1, 28, 28)."""
        return self.from_code(self.encode(noisy))

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised images, (N, 1, 28, 28) in [0, 1]."""
        return self.decode(self.encode(noisy))


class ConvPool(Autoencoder):
    """Convolutional autoencoder with three poolings and a code of 8 x 4 x 4.

    The last pooling sees 7 x 7 and pads it to 8 x 8; the last wide convolution has no padding
    and takes 16 x 16 back to 14 x 14. Up-sampling repeats the nearest neighbour.

    Reference: A. Amico 2019, Denoise with autoencoders.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encode1 = nn.Conv2d(1, 16, 3, padding=1)
        self.encode2 = nn.Conv2d(16, 8, 3, padding=1)
        self.encode3 = nn.Conv2d(8, 8, 3, padding=1)
        self.decode1 = nn.Conv2d(8, 8, 3, padding=1)
        self.decode2 = nn.Conv2d(8, 8, 3, padding=1)
        self.decode3 = nn.Conv2d(8, 16, 3)
        self.output = EnlargeConv2d(16, 1)

    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, 8, 4, 4)."""
        # ReLU after pooling gives the same as before it, on a quarter of the values.
        x = F.max_pool2d(self.encode1(noisy), 2).relu_()  # (N, 16, 14, 14)
        x = F.max_pool2d(self.encode2(x), 2).relu_()  # (N, 8, 7, 7)
        return F.max_pool2d(self.encode3(x), 2, ceil_mode=True).relu_()  # (N, 8, 4, 4)

    def from_code(self, code: Tensor) -> Tensor:
        """Return the values before the sigmoid, (N, 1, 28, 28), for codes."""
        x = F.interpolate(self.decode1(code).relu_(), scale_factor=2)  # (N, 8, 8, 8)
        x = F.interpolate(self.decode2(x).relu_(), scale_factor=2)  # (N, 8, 16, 16)
        return self.output(self.decode3(x).relu_())  # type: ignore[no-any-return]


class ConvFlat(Autoencoder):
    """Convolutional autoencoder at full resolution: no pooling, so no bottleneck.

    Reference: the article "Remove Noisy From Images Using Autoencoders".
    """

    def __init__(self) -> None:
        super().__init__()
        self.encode1 = nn.Conv2d(1, 16, 3, padding=1)
        self.encode2 = nn.Conv2d(16, 8, 3, padding=1)
        self.decode1 = nn.Conv2d(8, 8, 3, padding=1)
        self.decode2 = nn.Conv2d(8, 16, 3, padding=1)
        self.output = nn.Conv2d(16, 1, 3, padding=1)

    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, 8, 28, 28)."""
        return self.encode2(self.encode1(noisy).relu_()).relu_()  # type: ignore[no-any-return]

    def from_code(self, code: Tensor) -> Tensor:
        """Return the values before the sigmoid, (N, 1, 28, 28), for codes."""
        x = self.decode1(code).relu_()  # (N, 8, 28, 28)
        return self.output(self.decode2(x).relu_())  # type: ignore[no-any-return]


class Dense(Autoencoder):
    """Autoencoder of two dense layers, 784 - code - 784, with a ReLU code.

    Reference: Rumelhart, Hinton and Williams 1986, doi:10.1038/323533a0; as denoiser Vincent
    et al. 2008, doi:10.1145/1390156.1390294.
    """

    def __init__(self, code: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(784, code)
        self.decoder = nn.Linear(code, 784)

    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, code)."""
        return self.encoder(noisy.flatten(1)).relu_()  # type: ignore[no-any-return]

    def from_code(self, code: Tensor) -> Tensor:
        """Return the values before the output activation, (N, 1, 28, 28), for codes."""
        return self.decoder(code).view(-1, *DIGIT)  # type: ignore[no-any-return]


class DenseReLU(Dense):
    """The dense autoencoder with a ReLU output, as one article published it.

    An output whose value before the ReLU is negative for every image gets no gradient and stays
    black for good. In eval mode the result is limited to 1.

    Reference: "Using Auto-Encoders to denoise domain specific images", 2018.
    """

    def decode(self, code: Tensor) -> Tensor:
        """Return the denoised images, (N, 1, 28, 28); in [0, 1] in eval mode."""
        denoised = self.from_code(code).relu()
        return denoised if self.training else denoised.clamp_max(1)


class MLPClassifier(nn.Module):
    """Digit classifier 784-256-256-10 with ReLU.

    Reference: the article "Image Denoising Using Auto Encoders".
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden1 = nn.Linear(784, 256)
        self.hidden2 = nn.Linear(256, 256)
        self.output = nn.Linear(256, 10)

    def forward(self, image: Tensor) -> Tensor:
        """Return class logits, (N, 10)."""
        x = self.hidden1(image.flatten(1)).relu_()  # (N, 256)
        return self.output(self.hidden2(x).relu_())  # type: ignore[no-any-return]


def build(name: str) -> nn.Module:
    """Build the network `name` of MODELS with fresh weights; ValueError when unknown."""
    spec = lookup(MODELS, name, "model")
    return spec.module(**spec.arguments)


def count_parameters(module: nn.Module) -> int:
    """Return how many numbers the network stores, running statistics included."""
    return sum(t.numel() for t in module.state_dict().values() if t.is_floating_point())


MODELS: dict[str, ModelSpec] = {
    "conv-pool": ModelSpec("Convolutional, pooled to 8 × 4 × 4", ConvPool),
    "conv-flat": ModelSpec("Convolutional, full resolution", ConvFlat),
    "dense-1": ModelSpec("Dense, 1 unit", Dense, {"code": 1}),
    "dense-2": ModelSpec("Dense, 2 units", Dense, {"code": 2}),
    "dense-8": ModelSpec("Dense, 8 units", Dense, {"code": 8}),
    "dense-16": ModelSpec("Dense, 16 units", Dense, {"code": 16}),
    "dense-32": ModelSpec("Dense, 32 units", Dense, {"code": 32}),
    "dense-64": ModelSpec("Dense, 64 units", Dense, {"code": 64}),
    "dense-300": ModelSpec("Dense, 300 units", Dense, {"code": 300}),
    "dense-300-relu": ModelSpec("Dense, 300 units, ReLU output", DenseReLU, {"code": 300}),
    "strided-conv": ModelSpec("Convolutional, strided to 100 numbers", StridedConv, shape=FACE),
    "pix2pix": ModelSpec("U-Net, gated", Pix2Pix, {"widths": (32, 48, 96, 128)}, FACE),
    "blind-digits": ModelSpec(
        "U-Net with global context, gated",
        BlindUNet,
        {"channels": 1, "widths": (16, 48, 128), "rounds": 2},
    ),
    "blind-faces": ModelSpec(
        "U-Net with global context, its corrections gated",
        BlindCorrection,
        {"channels": 3, "widths": (32, 64, 128), "rounds": 2, "blocks": 2},
        FACE,
    ),
    "mlp-classifier": ModelSpec("Classifier 784-256-256-10", MLPClassifier),
}
