# SPDX-License-Identifier: MIT
"""Weights from the PyTorch reference to the library and back:  python3 pytorch_round_trip.py PROGRAM

PROGRAM is staa_pytorch_exchange. Runs in float64, so that rounding changes no spike. Checks that the logits agree to 1e-9,
and that the reference loads the file that the library saves, strictly and with the same bits. Exits with 77 (skipped) if
PyTorch is not installed."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("skipped: PyTorch is not installed")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
sys.dont_write_bytecode = True
import make_weights  # noqa: E402
import staa_reference as ref  # noqa: E402

TYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}


def load_file(path):
    """safetensors.torch.load_file, or a replacement if the package is not installed."""
    try:
        from safetensors.torch import load_file as official
        print("read with safetensors.torch.load_file")
        return official(str(path))
    except ImportError:
        data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, values = json.loads(data[8:8 + length]), bytearray(data[8 + length:])
    header.pop("__metadata__")
    return {name: torch.frombuffer(values[entry["data_offsets"][0]:entry["data_offsets"][1]], dtype=TYPES[entry["dtype"]])
            .reshape(entry["shape"]) for name, entry in header.items()}


def network():
    return ref.ResNet20(2, 10, width=4).double()


def main(program):
    torch.manual_seed(3)
    model = make_weights.trained(network())
    images, logits = make_weights.answers(model, 4, 1e-9)
    with tempfile.TemporaryDirectory() as folder:
        weights, pictures, answers, saved = (pathlib.Path(folder) / name for name in ("w", "i", "l", "s"))
        make_weights.save(weights, model.state_dict())
        make_weights.save(pictures, {"images": images})
        subprocess.run([program, weights, pictures, answers, saved], check=True)
        found = torch.tensor([float(line) for line in answers.read_text().split()], dtype=torch.float64)
        error = ((found - logits.flatten()).abs().max() / logits.abs().max()).item()
        print(f"logits: relative error {error:.1e}, allowed 1e-09")
        assert error <= 1e-9

        again = network()
        again.load_state_dict(load_file(saved), strict=True)
        for name, tensor in model.state_dict().items():
            assert torch.equal(again.state_dict()[name], tensor), f"{name} has changed"
        with torch.no_grad():
            assert torch.equal(again.eval()(images), model(images)), "the saved weights give other logits"
        print(f"{len(model.state_dict())} tensors came back unchanged")


if __name__ == "__main__":
    main(sys.argv[1])
