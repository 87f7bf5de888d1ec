# SPDX-License-Identifier: MIT
"""Noise that C++ tests draw too, and numbers that tell one image from another. Needs numpy and Pillow."""
import numpy
from PIL import Image


def noise(height, width):
    i = numpy.arange(height * width * 3, dtype=numpy.uint64)
    return Image.fromarray((i * i * 7919 // 64 + i * 31).astype(numpy.uint8).reshape(height, width, 3))


def fingerprint(image):
    pixels = numpy.asarray(image).reshape(-1).astype(numpy.uint64)
    return int((pixels * numpy.arange(1, pixels.size + 1, dtype=numpy.uint64)).sum())
