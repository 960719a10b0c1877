"""Synthetic data sets: pictures like digits and faces, and files like MNIST's."""

import gzip
import io
import zipfile
from pathlib import Path

import torch
from PIL import Image

from denoise_demo.data import mnist
from denoise_demo.data.mnist import Images


def make_digits(count: int, seed: int = 0) -> Images:
    """Return digit-like images: a soft bar each, with angle and position given by the label."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 10
    angle = labels * torch.pi / 10 + 0.1 * torch.randn(count, generator=generator)
    offset = 3 * torch.rand(count, generator=generator) + labels % 3
    y, x = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="ij")
    across = x * angle.sin().view(-1, 1, 1) - y * angle.cos().view(-1, 1, 1)
    along = x * angle.cos().view(-1, 1, 1) + y * angle.sin().view(-1, 1, 1)
    ink = torch.exp(-(((across - offset.view(-1, 1, 1)) / 1.5) ** 4)) * (along.abs() < 9)
    return Images((ink * 255).round().byte().unsqueeze(1), labels, "synthetic digits")


def make_faces(count: int, seed: int = 0) -> Images:
    """Return face-like colour images: a soft oval with two eyes each."""
    generator = torch.Generator().manual_seed(seed)
    skin, paper = torch.rand(2, count, 3, 1, 1, generator=generator)
    x, y = 3 * torch.randn(2, count, 1, 1, generator=generator)
    across, down = torch.meshgrid(torch.arange(28) - 13.5, torch.arange(28) - 13.5, indexing="xy")
    oval = torch.sigmoid(12 - ((across - x) / 8) ** 2 * 12 - ((down - y) / 11) ** 2 * 12)
    eyes = torch.exp(-(((across - x).abs() - 4) ** 2) - (down - y + 3) ** 2)
    shown = oval.unsqueeze(1) * (skin + 0.5) + (1 - oval).unsqueeze(1) * paper - eyes.unsqueeze(1)
    pixels = (shown.clamp(0, 1) * 255).round().byte()
    return Images(pixels, torch.full((count,), -1), "synthetic faces")


def write_faces(path: Path, faces: Images) -> Path:
    """Write faces as PNG files into a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for index, pixels in enumerate(faces.pixels):
            content = io.BytesIO()
            Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(content, "PNG")
            archive.writestr(f"{index:03}.png", content.getvalue())
    return path


def write_mnist(
    folder: Path, train: Images, test: Images, *, zipped: bool = False, dotted: bool = False
) -> Path:
    """Write digits as MNIST's four IDX files, gzipped or not, named `-idx` or `.idx`."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, digits in (("train", train), ("test", test)):
        for file, content in zip(mnist.MNIST[split], idx_contents(digits), strict=True):
            name = file.name.replace("-idx", ".idx") if dotted else file.name
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content, 1))
            else:
                (folder / name).write_bytes(content)
    return folder


def idx_contents(digits: Images) -> tuple[bytes, bytes]:
    """Return digits as the bytes of an IDX file of images and one of labels."""
    count = len(digits).to_bytes(4, "big")
    side = (28).to_bytes(4, "big")
    images = b"\0\0\x08\x03" + count + side + side + digits.pixels.numpy().tobytes()
    labels = b"\0\0\x08\x01" + count + digits.labels.byte().numpy().tobytes()
    return images, labels
