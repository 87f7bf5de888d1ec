# SPDX-License-Identifier: MIT
"""Writes what PyTorch and SpikingJelly see in given networks, for the tests of analyses:

    python3 make_analysis_cases.py OUT_DIR [SEED]

grad_cam.safetensors   Grad-CAM of the reference's ResNet-20 in evaluation mode, in double, per step: cam.LAYER [T, N, H, W],
                       and gradient.LAYER [T, N, C, H, W], for the classes "labels".
operations.safetensors the counts of SpikingJelly 2.0's SynOpCounter and MACCounter for a plain LIF network: "synops" and
                       "macs", one value per layer with weights, over all steps and images.
Needs torch; the second file needs spikingjelly (pip install spikingjelly==2.0.0).
"""
import os
import sys

import torch
import torch.nn as nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import make_golden as golden  # noqa: E402
import staa_reference as ref  # noqa: E402


def parameters(model):
    return {"param." + name: value for name, value in model.state_dict().items()}


def grad_cam(out):
    """Selvaraju et al., 2017, at every step: relu(sum over c of mean(d logit / d A_c) A_c)."""
    torch.set_default_dtype(torch.float64)
    steps, width, layers = 2, 4, ["stem.1", "body.1.lif2", "body.4.lif1"]
    model = golden.shake(ref.ResNet20(steps, 10, opt=ref.StaaOptions(), width=width))
    for _ in range(20):  # running averages
        model(2 * torch.randn(4, 3, 32, 32))
    model.eval()
    outputs = {}

    def keep(name):
        def hook(_module, _input, output):
            output.retain_grad()
            outputs[name] = output

        return hook

    for name, module in model.named_modules():
        if name in layers:
            module.register_forward_hook(keep(name))
    x = 2 * torch.randn(3, 3, 32, 32)
    labels = torch.tensor([3, 0, 7])
    logits = model(x)
    logits[torch.arange(3), labels].sum().backward()
    tensors = {**parameters(model), "input.x": x, "output.logits": logits, "labels": labels}
    for name in layers:
        a = outputs[name]
        cam = torch.relu((a.grad.mean((-2, -1), keepdim=True) * a).sum(2))
        print(name, "rate", a.mean().item(), "largest", cam.max().item())
        tensors["cam." + name] = cam
        if name == "body.4.lif1":
            tensors["gradient." + name] = a.grad
    golden.save(f"{out}/grad_cam.safetensors", tensors,
                {"case": "grad_cam", "width": width, "steps": steps, "layers": layers, "options": ref.StaaOptions().__dict__})


class PerStep(nn.Sequential):
    def forward(self, x):
        return super().forward(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def operations(out):
    from spikingjelly.activation_based import functional, neuron
    from spikingjelly.activation_based.op_counter import DispatchCounterMode, MACCounter, SynOpCounter

    torch.set_default_dtype(torch.float64)

    def lif():
        return neuron.LIFNode(tau=4 / 3, decay_input=False, v_threshold=1.0, v_reset=0.0, step_mode="m")

    def conv(i, o, k, s):
        return nn.Conv2d(i, o, k, s, k // 2, bias=False)

    products = [conv(2, 6, 3, 1), conv(6, 8, 3, 2), conv(8, 8, 1, 1), conv(8, 5, 3, 1), nn.Linear(5, 3)]
    layers = [*(layer for c in products[:4] for layer in (c, lif())), products[4]]
    for c in products[:4]:
        nn.init.normal_(c.weight, 0.15, 0.5)
    x = torch.randn(3, 2, 2, 7, 7)
    synops, macs = [], []
    y = x
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, nn.Linear):
                y = y.mean((-2, -1))
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                spikes, multiplications = SynOpCounter(), MACCounter()
                with DispatchCounterMode([spikes, multiplications]):
                    y = PerStep(layer)(y)
                synops.append(spikes.get_total())
                macs.append(multiplications.get_total())
            else:
                y = layer(y)
                print("rate", y.mean().item())
    functional.reset_net(nn.Sequential(*layers))
    print("synops", synops, "macs", macs)
    tensors = {f"param.{i}.{n}": p for i, layer in zip([0, 2, 4, 6, 9], products) for n, p in layer.named_parameters()}
    tensors |= {"input.x": x, "output.logits": y.mean(0), "synops": torch.tensor(synops), "macs": torch.tensor(macs)}
    golden.save(f"{out}/operations.safetensors", tensors, {"case": "operations"})


if __name__ == "__main__":
    torch.manual_seed(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    os.makedirs(sys.argv[1], exist_ok=True)
    grad_cam(sys.argv[1])
    operations(sys.argv[1])
