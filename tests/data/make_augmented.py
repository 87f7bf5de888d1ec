# SPDX-License-Identifier: MIT
"""Prints the fingerprints and the policy of tests/data/augmentation_policy_test.cpp: python3 make_augmented.py
Needs numpy, Pillow and torchvision (0.29 with Pillow 13 gave those in the test)."""
from PIL import Image, ImageOps
from torchvision.transforms.autoaugment import AutoAugment, AutoAugmentPolicy

from fingerprints import fingerprint, noise

image = noise(32, 32)
grey = (128, 128, 128)
for magnitude in (4, 12, 20, 28, 30):
    share = 0.3 * magnitude / 30
    x = image.transform(image.size, Image.AFFINE, (1, share, 0, 0, 1, 0), fillcolor=grey)
    y = image.transform(image.size, Image.AFFINE, (1, 0, 0, -share, 1, 0), fillcolor=grey)
    turned = image.rotate(30 * magnitude / 30, fillcolor=grey)
    print(f"        {{{magnitude}, {fingerprint(x)}, {fingerprint(y)}, {fingerprint(turned)}}},")
for magnitude in (10, 20):
    print(f"solarize {magnitude}:", fingerprint(ImageOps.solarize(image, 255 - 8.5 * magnitude)))
for pair in AutoAugment()._get_policies(AutoAugmentPolicy.CIFAR10):
    print('        "' + ", ".join(f"{name} {probability:.1f} {level or 0}" for name, probability, level in pair) + '",')
