# SPDX-License-Identifier: MIT
"""Writes what PyTorch and timm make of given weights and gradients, for the tests that include training_cases.hpp:

    python3 make_training_cases.py OUT_FILE [SEED]

All optimisers begin with the same weights `initial.NAME` and get the same gradients `gradient.STEP.NAME`, in double.
`CASE.NAME` are the weights after ten steps. The learning rate of step t is the case's times RATES[t]. Needs torch, timm.
`network.NAME` are the weights of a spiking network, and `network.LOSS.NAME` its gradients.
"""
import os
import sys

import torch
import torch.nn.functional as F
from timm.optim.lamb import Lamb
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import make_golden as golden  # noqa: E402
import make_weights  # noqa: E402
import staa_reference as ref  # noqa: E402

SHAPES = {"0.weight": (3, 2, 3, 3), "1.weight": (3,), "1.bias": (3,), "4.weight": (4, 3), "4.bias": (4,)}
STEPS = 10
RATES = [1.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0.1]


def is_product(name):
    return name.endswith("weight") and len(SHAPES[name]) in (2, 4)


class Weights(torch.nn.Module):
    """The weights as a module, for AveragedModel; parameter names may not have dots."""

    def __init__(self, values):
        super().__init__()
        for name, value in values.items():
            self.register_parameter(name.replace(".", "_"), torch.nn.Parameter(value.clone()))
        self.register_buffer("1_running_mean", torch.zeros(3))
        self.register_buffer("1_running_var", torch.ones(3))

    def named(self):
        return {name: getattr(self, name.replace(".", "_")) for name in SHAPES}

    def statistics(self):
        return {name: getattr(self, name.replace(".", "_")) for name in ("1.running_mean", "1.running_var")}


def groups_of(weights, decay):
    products = [p for name, p in weights.items() if is_product(name)]
    biases = [p for name, p in weights.items() if name.endswith("bias")]
    others = [p for name, p in weights.items() if not is_product(name) and not name.endswith("bias")]
    return [{"params": products}, {"params": biases, "weight_decay": 0.0, "scale": 0.5},
            {"params": others, "weight_decay": 0.0}]


def lookahead(weights, slow, step, interval=3, rate=0.4):
    if (step + 1) % interval == 0:
        with torch.no_grad():
            for name, p in weights.items():
                slow[name] += rate * (p - slow[name])
                p.copy_(slow[name])


def run(out, case, initial, gradients, make, grouped=False, clip=None, frozen=(), after=lambda weights, step: None):
    module = Weights(initial)
    weights = module.named()
    optimiser = make(groups_of(weights, None) if grouped else list(weights.values()))
    bases = [group["lr"] * group.get("scale", 1.0) for group in optimiser.param_groups]
    for step in range(STEPS):
        for group, base in zip(optimiser.param_groups, bases):
            group["lr"] = base * RATES[step]
        for name, p in weights.items():
            p.grad = None if name in frozen else gradients[step][name].clone()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_([p for p in weights.values() if p.grad is not None], clip)
        optimiser.step()
        after(module, step)
    for name, p in weights.items():
        out[f"{case}.{name}"] = p.detach()


def optimisers(out):
    initial = {name: torch.randn(shape) for name, shape in SHAPES.items()}
    gradients = [{name: torch.randn(shape) for name, shape in SHAPES.items()} for _ in range(STEPS)]
    for name in SHAPES:
        out[f"initial.{name}"] = initial[name]
        for step in range(STEPS):
            out[f"gradient.{step}.{name}"] = gradients[step][name]

    def sgd(**options):
        return lambda parameters: torch.optim.SGD(parameters, lr=0.1, **options)

    run(out, "sgd", initial, gradients, sgd())
    run(out, "sgd_momentum", initial, gradients, sgd(momentum=0.9, weight_decay=0.05))
    run(out, "sgd_nesterov", initial, gradients, sgd(momentum=0.9, weight_decay=0.05, nesterov=True))
    run(out, "sgd_groups", initial, gradients, sgd(momentum=0.9, weight_decay=0.05), grouped=True)
    run(out, "sgd_clipped", initial, gradients, sgd(momentum=0.9), clip=1.5)
    run(out, "adamw", initial, gradients, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1))
    run(out, "adamw_groups", initial, gradients, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1), grouped=True)
    run(out, "lamb", initial, gradients, lambda p: Lamb(p, lr=0.01, weight_decay=0.1))
    run(out, "lamb_groups", initial, gradients, lambda p: Lamb(p, lr=0.01, weight_decay=0.1), grouped=True)

    run(out, "sgd_frozen", initial, gradients, sgd(momentum=0.9, weight_decay=0.05), clip=1.5, frozen=("0.weight",))
    run(out, "lamb_frozen", initial, gradients, lambda p: Lamb(p, lr=0.01, weight_decay=0.1), frozen=("0.weight",))

    slow = {name: value.clone() for name, value in initial.items()}
    run(out, "lookahead", initial, gradients, sgd(momentum=0.9),
        after=lambda module, step: lookahead(module.named(), slow, step))
    averages(out, initial, gradients, sgd(momentum=0.9))


def averages(out, initial, gradients, sgd):
    """The running averages of step t are made of its gradients: the mean is that of 1.bias, the variance the square of
    that of 1.weight. `average_warm` has the decay min(0.4, (1 + t) / (10 + t))."""

    def warm(averaged, current, count):
        t = int(count) - 1
        get_ema_multi_avg_fn(min(0.4, (1 + t) / (10 + t)))(averaged, current, count)

    for case, function in (("average", get_ema_multi_avg_fn(0.8)), ("average_warm", warm)):
        average = AveragedModel(Weights(initial), multi_avg_fn=function, use_buffers=True)
        average.n_averaged.fill_(1)  # the average begins as the initial weights, not as those after the first step

        def take_in(module, step):
            module.statistics()["1.running_mean"].copy_(gradients[step]["1.bias"])
            module.statistics()["1.running_var"].copy_(gradients[step]["1.weight"] ** 2)
            average.update_parameters(module)

        run({}, case, initial, gradients, sgd, after=take_in)
        for name, value in {**average.module.named(), **average.module.statistics()}.items():
            out[f"{case}.{name}"] = value.detach()


def schedules(out):
    def rates(make, steps=20):
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        schedule = make(optimiser)
        values = []
        for _ in range(steps):
            values.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            schedule.step()
        return torch.tensor(values)

    lr = torch.optim.lr_scheduler
    out["schedule.cosine"] = rates(lambda o: lr.CosineAnnealingLR(o, T_max=20, eta_min=0.01))
    out["schedule.linear"] = rates(lambda o: lr.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=20))
    out["schedule.steps"] = rates(lambda o: lr.MultiStepLR(o, milestones=[5, 12, 13], gamma=0.3))
    out["schedule.one_cycle"] = rates(lambda o: lr.OneCycleLR(o, max_lr=0.1, total_steps=20), 20)
    out["schedule.one_cycle_of_7"] = rates(
        lambda o: lr.OneCycleLR(o, max_lr=0.1, total_steps=7, pct_start=0.25, div_factor=10, final_div_factor=50), 7)


def losses(out):
    """TET is TET_loss of the authors' code (Deng et al., 2022) with means = 1, lambda = 0.05."""
    logits = torch.randn(3, 5, 4, requires_grad=True)
    labels = torch.tensor([0, 3, 1, 2, 3])
    steps = sum(F.cross_entropy(logits[t], labels) for t in range(3)) / 3
    tet = (1 - 0.05) * steps + 0.05 * F.mse_loss(logits, torch.ones_like(logits))
    tet.backward()
    out["loss.logits"], out["loss.labels"] = logits.detach(), labels.double()
    out["loss.tet"], out["loss.tet.gradient"] = tet.detach().reshape(1), logits.grad
    one = logits.detach()[0].clone().requires_grad_()
    smoothed = F.cross_entropy(one, labels, label_smoothing=0.2)
    smoothed.backward()
    out["loss.smoothed"], out["loss.smoothed.gradient"] = smoothed.detach().reshape(1), one.grad


class Network(ref.SpikingClassifier):
    """A network with the parameters of SHAPES, T = 3."""

    def __init__(self):
        super().__init__(3)
        self.conv = ref.conv_bn(2, 3)
        self.lif = ref.StaaLif(3, 3, ref.VANILLA)
        self.fc = torch.nn.Linear(3, 4)

    def logits(self, x):
        return self.fc(self.lif(self.conv(x)).mean((-2, -1)))

    def named(self):
        norm = self.conv.layer[1]
        return {"0.weight": self.conv.layer[0].weight, "1.weight": norm.weight, "1.bias": norm.bias,
                "4.weight": self.fc.weight, "4.bias": self.fc.bias}


def network(out):
    """TET on 16 images, and the gradients of two batches of 8 that share a step: of the mean of their losses."""
    while True:
        golden._margin[0] = float("inf")
        model, images, labels = golden.shake(Network()).train(), 2 * torch.randn(16, 2, 4, 4), torch.randint(0, 4, (16,))
        of_steps = model.logits(images.unsqueeze(0).repeat(3, 1, 1, 1, 1))
        tet = (1 - 0.05) * sum(F.cross_entropy(step, labels) for step in of_steps) / 3 + 0.05 * ((of_steps - 1) ** 2).mean()
        of_tet = torch.autograd.grad(tet, list(model.named().values()))
        for part in (slice(0, 8), slice(8, 16)):
            (F.cross_entropy(model(images[part]), labels[part]) / 2).backward()
        if golden._margin[0] > 1e-6:
            break
    out["network.images"], out["network.labels"] = images.permute(0, 2, 3, 1), labels.double()
    out["network.logits"], out["network.tet"] = of_steps.detach(), tet.detach().reshape(1)
    for (name, p), gradient in zip(model.named().items(), of_tet):
        out[f"network.{name}"], out[f"network.tet.{name}"], out[f"network.two_batches.{name}"] = p.detach(), gradient, p.grad


def main(path, seed):
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    out = {}
    optimisers(out)
    schedules(out)
    losses(out)
    network(out)
    make_weights.save(path, {name: value.contiguous() for name, value in out.items()})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
