"""Data sets and single pictures: loading and conversion.

`Images` is a data set; loaders read MNIST (`load_mnist`), a folder or zip of faces (`load_faces`),
a folder of photographs of any size (`load_photos`),
the built-in digits and portraits, one uploaded file (`read_image`) and the digits on its page
(`find_digits`); `draw_digits` makes digits from pen strokes. `DOMAINS` holds the names, image shape
and loaders of each domain. The other functions convert between pictures, tensors and text. May
import common and, for shapes, networks.
"""

from denoise_demo.data.domains import DOMAINS, Domain, domain_of, get_domain
from denoise_demo.data.examples import load_examples
from denoise_demo.data.faces import faces_test, has_faces, load_faces
from denoise_demo.data.images import DataError, Images, cache_dir, data_place, split_train
from denoise_demo.data.mnist import has_mnist, load_mnist, mnist_test
from denoise_demo.data.paper import PaperDigit, find_digits, to_digit
from denoise_demo.data.pen import draw_digits
from denoise_demo.data.photo_files import encode_photo
from denoise_demo.data.photographs import PHOTOGRAPHS, load_photograph
from denoise_demo.data.photos import PHOTOS_DOMAIN, Photos, load_photos
from denoise_demo.data.pixels import (
    centre_digit,
    decode_pixels,
    encode_pixels,
    in_channels,
    shrink_digit,
    to_bytes,
    to_face,
    to_pil,
)
from denoise_demo.data.portraits import (
    LEAST,
    NAMES,
    cropped_portraits,
    find_face,
    load_portraits,
    middle_box,
)
from denoise_demo.data.uploads import (
    SUFFIXES,
    limit_memory,
    original_size,
    pixels_of,
    read_image,
    read_photo,
)

__all__ = [
    "DOMAINS",
    "LEAST",
    "NAMES",
    "PHOTOGRAPHS",
    "PHOTOS_DOMAIN",
    "SUFFIXES",
    "DataError",
    "Domain",
    "Images",
    "PaperDigit",
    "Photos",
    "cache_dir",
    "centre_digit",
    "cropped_portraits",
    "data_place",
    "decode_pixels",
    "domain_of",
    "draw_digits",
    "encode_photo",
    "encode_pixels",
    "faces_test",
    "find_digits",
    "find_face",
    "get_domain",
    "has_faces",
    "has_mnist",
    "in_channels",
    "limit_memory",
    "load_examples",
    "load_faces",
    "load_mnist",
    "load_photograph",
    "load_photos",
    "load_portraits",
    "middle_box",
    "mnist_test",
    "original_size",
    "pixels_of",
    "read_image",
    "read_photo",
    "shrink_digit",
    "split_train",
    "to_bytes",
    "to_digit",
    "to_face",
    "to_pil",
]
