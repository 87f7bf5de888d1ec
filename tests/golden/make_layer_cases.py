# SPDX-License-Identifier: MIT
"""Writes the golden cases of the layers that the PyTorch reference does not have, by PyTorch's own functions:

    python3 make_layer_cases.py OUT_DIR [SEED]

A case is a file as ../reference/make_golden.py writes it: input.x, output.y, cotangent.y and grad.x, in float64. A case of
dropout has also input.kept [N, C, H, W], ones and zeros, the pattern that holds for all steps.
"""
import os
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import make_golden as golden  # noqa: E402

T, N = 3, 2


def numbers(*shape):
    return torch.randn(T, N, *shape)


def ties(*shape):
    """Few different values, so that most windows hold their maximum more than once."""
    return torch.randint(-1, 2, (T, N, *shape)).float()


def spikes(*shape):
    return (torch.rand(T, N, *shape) < 0.2).float()


def case(out, name, x, function, config, further=None):
    """function: [T, N, C, H, W] -> the same rank."""
    xin = x.double().requires_grad_(True)
    y = function(xin)
    cotangent = torch.randn_like(y)
    y.backward(cotangent)
    tensors = {"input.x": xin, **(further or {}), "output.y": y, "cotangent.y": cotangent, "grad.x": xin.grad}
    golden.save(f"{out}/{name}.safetensors", tensors, {"case": name, **config})


def max_pool(out, name, x, window, stride, padding):
    def pooled(x):
        y = F.max_pool2d(x.flatten(0, 1), window, stride, padding)
        return y.unflatten(0, (T, N))

    case(out, name, x, pooled, {"window": window, "stride": stride, "padding": padding})


def dropout(out, name, x, p):
    kept = (torch.rand(x.shape[1:]) >= p).double()
    case(out, name, x, lambda x: x * (kept / (1 - p)), {"probability": p}, {"input.kept": kept})


def main(out, seed):
    torch.manual_seed(seed)
    os.makedirs(out, exist_ok=True)
    max_pool(out, "layer_max_pool_2", numbers(8, 6, 4), 2, 2, 0)
    max_pool(out, "layer_max_pool_2_odd", numbers(8, 5, 3), 2, 2, 0)
    max_pool(out, "layer_max_pool_3_2_1", numbers(8, 7, 5), 3, 2, 1)
    max_pool(out, "layer_max_pool_3_1_1", numbers(8, 5, 3), 3, 1, 1)
    max_pool(out, "layer_max_pool_ties", ties(8, 7, 5), 3, 2, 1)
    max_pool(out, "layer_max_pool_ties_3_1_1", ties(8, 5, 3), 3, 1, 1)
    max_pool(out, "layer_max_pool_2_spikes", spikes(8, 6, 4), 2, 2, 0)
    max_pool(out, "layer_max_pool_3_2_1_spikes", spikes(72, 4, 3), 3, 2, 1)
    dropout(out, "layer_dropout", numbers(11, 3, 5), 0.3)
    dropout(out, "layer_dropout_spikes", spikes(72, 3, 2), 0.5)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
