# SPDX-License-Identifier: MIT
"""Writes the weights of a network of the PyTorch reference, and what it answers in evaluation mode:

    python3 make_weights.py WEIGHTS.safetensors ANSWERS.safetensors

The network is ResNet-20 of width 4, T = 2, float32, after three steps of SGD. ANSWERS has "images" [N, 3, 32, 32] and
"logits" [N, 10]. Images are redrawn until no membrane potential lies within 1e-5 of the threshold, so that rounding
can't flip a spike.
"""
import json
import struct
import sys

import torch
import torch.nn.functional as F

import make_golden as golden
import staa_reference as ref

TYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


def save(path, tensors):
    """A safetensors file, as safetensors.torch.save_file writes it."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        blobs.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def trained(model, steps=3):
    """Off its start: every parameter moved, running averages of real batches, a few steps of SGD."""
    golden.shake(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        x = torch.randn(8, 3, 32, 32, dtype=next(model.parameters()).dtype)
        F.cross_entropy(model.train()(x), torch.randint(0, 10, (8,))).backward()
        optimizer.step()
    return model.eval()


def answers(model, count, margin):
    """Images and logits."""
    kept = []
    with torch.no_grad():
        while len(kept) < count:
            image = torch.randn(1, 3, 32, 32, dtype=next(model.parameters()).dtype)
            golden._margin[0] = float("inf")
            logits = model(image)
            if golden._margin[0] > margin:
                kept.append((image, logits))
    return torch.cat([image for image, _ in kept]), torch.cat([logits for _, logits in kept])


if __name__ == "__main__":
    torch.manual_seed(1)
    network = trained(ref.ResNet20(2, 10, width=4))
    images, logits = answers(network, 2, 1e-5)
    save(sys.argv[1], network.state_dict())
    save(sys.argv[2], {"images": images, "logits": logits})
