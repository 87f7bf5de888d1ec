# SPDX-License-Identifier: MIT
"""Prints the fingerprints of tests/data/resample_test.cpp: python3 make_resampled.py
Needs numpy, Pillow and torchvision (0.29 with Pillow 13 gave those in the test)."""
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize
from torchvision.transforms.functional import resized_crop

from fingerprints import fingerprint, noise

for height, width, side, shorter in [(75, 100, 48, 55), (100, 75, 48, 55), (33, 200, 32, 32), (20, 30, 32, 40)]:
    image = Compose([Resize(shorter), CenterCrop(side)])(noise(height, width))
    print(f"    CHECK(fingerprint(image({height}, {width}, {side}, {shorter})) == {fingerprint(image)});")
for box, size in [((7, 13, 25, 31), 16), ((0, 20, 8, 9), 24)]:
    image = resized_crop(noise(40, 60), *box, [size, size], InterpolationMode.BILINEAR)
    print(box, fingerprint(image))
