"""The articles' networks: dense, convolutional and strided autoencoders, and the classifier.

A denoiser maps `(N, C, H, W)` to the same shape, in [0, 1] in eval mode. `logits` returns the
values before the output activation, `encode` the code. The classifier maps `(N, 1, 28, 28)` to ten
logits.
"""

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EnlargeConv2d(nn.Conv2d):
    """Nearest-neighbour upsampling by 2 and a 3x3 convolution, without the upsampling.

    In the upsampled image a 3x3 window covers only 2 x 2 different pixels, in one of four
    alignments. For each alignment the kernel's taps are summed and applied to the small image;
    the four results are interleaved: (N, C, H, W) -> (N, out, 2H, 2W).

    Reference: Shi et al. 2016, doi:10.1109/CVPR.2016.207, for the interleaving.
    """

    # [even or odd position, pixel of the small image, tap of the kernel]
    TAPS = torch.tensor([[[1.0, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]])

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        self.register_buffer("taps", self.TAPS.clone(), persistent=False)

    def forward(self, small: Tensor) -> Tensor:
        """Return the convolution of the upsampled image, (N, out, 2H, 2W)."""
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
        """Decode codes to images, (N, 1, 28, 28) in [0, 1]."""
        return self.from_code(code).sigmoid()

    def logits(self, noisy: Tensor) -> Tensor:
        """Return the values before the output activation, (N, 1, 28, 28)."""
        return self.from_code(self.encode(noisy))

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised images, (N, 1, 28, 28) in [0, 1]."""
        return self.decode(self.encode(noisy))


class ConvPool(Autoencoder):
    """Convolutional autoencoder with three poolings and a code of 8 x 4 x 4, or `code` x 4 x 4.

    The last pooling pads its input from 7 x 7 to 8 x 8; `decode3` has no padding and reduces
    16 x 16 to 14 x 14. Upsampling is nearest-neighbour.

    Reference: A. Amico 2019, Denoise with autoencoders.
    """

    def __init__(self, code: int = 8) -> None:
        super().__init__()
        self.encode1 = nn.Conv2d(1, 16, 3, padding=1)
        self.encode2 = nn.Conv2d(16, 8, 3, padding=1)
        self.encode3 = nn.Conv2d(8, code, 3, padding=1)
        self.decode1 = nn.Conv2d(code, 8, 3, padding=1)
        self.decode2 = nn.Conv2d(8, 8, 3, padding=1)
        self.decode3 = nn.Conv2d(8, 16, 3)
        self.output = EnlargeConv2d(16, 1)

    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, code, 4, 4)."""
        # ReLU after pooling gives the same as before it, on a quarter of the values.
        x = F.max_pool2d(self.encode1(noisy), 2).relu_()  # (N, 16, 14, 14)
        x = F.max_pool2d(self.encode2(x), 2).relu_()  # (N, 8, 7, 7)
        return F.max_pool2d(self.encode3(x), 2, ceil_mode=True).relu_()  # (N, code, 4, 4)

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

    Reference: Rumelhart, Hinton and Williams 1986, doi:10.1038/323533a0; as a denoiser: Vincent
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
        return self.decoder(code).view(-1, 1, 28, 28)  # type: ignore[no-any-return]


class DenseReLU(Dense):
    """The dense autoencoder with a ReLU output, as one article published it.

    An output unit that is negative before the ReLU for every image gets no gradient and stays
    black. In eval mode the result is limited to 1.

    Reference: "Using Auto-Encoders to denoise domain specific images", 2018.
    """

    def decode(self, code: Tensor) -> Tensor:
        """Return the denoised images, (N, 1, 28, 28); in [0, 1] in eval mode."""
        denoised = self.from_code(code).relu()
        return denoised if self.training else denoised.clamp_max(1)


class StridedConv(nn.Module):
    """Convolutional autoencoder with a code of 100 numbers for a colour image of 28 x 28.

    Strides of two halve the image, padded below and to the right only; the dense code is linear.

    Reference: the article "Autoencoders - remocao de ruidos", 2020.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encode1 = nn.Conv2d(3, 32, 3, stride=2)
        self.norm1 = _norm(32)
        self.encode2 = nn.Conv2d(32, 64, 3, stride=2)
        self.norm2 = _norm(64)
        self.code = nn.Linear(64 * 7 * 7, 100)
        self.decode = nn.Linear(100, 64 * 7 * 7)
        self.decode1 = nn.ConvTranspose2d(64, 64, 3, stride=2)
        self.norm3 = _norm(64)
        self.decode2 = nn.ConvTranspose2d(64, 32, 3, stride=2)
        self.norm4 = _norm(32)
        self.output = nn.ConvTranspose2d(32, 3, 3, padding=1)

    def encode(self, noisy: Tensor) -> Tensor:
        """Return the code, (N, 100)."""
        x = self.norm1(_leaky(self.encode1(F.pad(noisy, (0, 1, 0, 1)))))  # (N, 32, 14, 14)
        x = self.norm2(_leaky(self.encode2(F.pad(x, (0, 1, 0, 1)))))  # (N, 64, 7, 7)
        return self.code(x.flatten(1))  # type: ignore[no-any-return]

    def logits(self, noisy: Tensor) -> Tensor:
        """Return the values before the sigmoid, (N, 3, 28, 28)."""
        x = self.decode(self.encode(noisy)).view(-1, 64, 7, 7)
        x = self.norm3(_leaky(self.decode1(x)[..., :-1, :-1]))  # (N, 64, 14, 14)
        x = self.norm4(_leaky(self.decode2(x)[..., :-1, :-1]))  # (N, 32, 28, 28)
        return self.output(x)  # type: ignore[no-any-return]

    def forward(self, noisy: Tensor) -> Tensor:
        """Return the denoised images, (N, 3, 28, 28) in [0, 1]."""
        return self.logits(noisy).sigmoid()


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


def _norm(channels: int) -> nn.BatchNorm2d:
    """Return batch normalisation with Keras's constants."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)
