# SPDX-License-Identifier: MIT
"""Writes written_by_pytorch.safetensors with the official package: python3 make_safetensors.py
Needs torch and safetensors. tests/io/safetensors_test.cpp checks the values of the file."""
import pathlib

import torch
from safetensors.torch import save_file


def counted(*shape):
    return torch.arange(torch.Size(shape).numel()).reshape(shape)


save_file(
    {
        "conv.weight": counted(4, 3, 2, 2).to(torch.float32) / 4,
        "fc.weight": counted(5, 3, 1, 1).to(torch.float16) / 4,
        "fc.bias": counted(5).to(torch.bfloat16) / 4,
        "encoding": counted(2, 4, 2, 3).to(torch.float64) / 4,
        "norm.running_mean": counted(3, 1, 1).to(torch.float32) / 4,
        "norm.num_batches_tracked": torch.tensor(2**40 + 1),
    },
    pathlib.Path(__file__).parent / "written_by_pytorch.safetensors",
    metadata={"format": "pt", "by": "safetensors.torch"},
)
