# SPDX-License-Identifier: MIT
"""Writes the golden cases of the options that the PyTorch reference does not have, by subclasses of it:

    python3 make_option_cases.py OUT_DIR [SEED]

A case is a file as ../reference/make_golden.py writes it, with margins kept as there for blocks (1e-3, so that a case
holds in float32 too), in training as well. Beside y and the gradients it has the weights after three steps of SGD
(lr 0.01, momentum 0.9, weight decay 5e-4) on the loss sum(y · cotangent.y).
"""
import dataclasses
import os
import sys

import torch
from torch import nn
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference"))
import staa_reference as ref  # noqa: E402
import make_golden as golden  # noqa: E402

MARGIN = 1e-3


@dataclasses.dataclass
class Options(ref.StaaOptions):
    context_form: str = "gate"        # or "additive"
    pe_shape: str = "channel"         # or "step", "position"
    pe_place: str = "before"          # or "after" (GC)
    shared: str = "channel"           # M and N: or "layer", "neuron"
    surrogate: str = "rectangle"      # or "triangle", "sigmoid", "arctangent", "tanh"
    sharpness: float = 3.0            # k of tanh
    reset: str = "hard"               # or "soft"
    fires: str = "reached"            # or "exceeded"


# ---------------------------------------------------------------- surrogates: dS/dU from d = U - v_th
def slope(d, o):
    a, k = o.window, torch.tensor(o.sharpness, dtype=d.dtype)
    inside = (d.abs() < a / 2).to(d.dtype)
    if o.surrogate == "triangle":
        return F.relu(1 - d.abs() / a) / a
    if o.surrogate == "sigmoid":
        s = torch.sigmoid(4 * d / a)
        return 4 / a * s * (1 - s)
    if o.surrogate == "arctangent":
        return 1 / a / (1 + (torch.pi * d / a) ** 2)
    if o.surrogate == "tanh":           # with x = U / v, v_th = v / 2 and a = v, this is the recipe's formula
        x = d / a + 0.5
        return inside * k * (1 - torch.tanh(k * (x - 0.5)) ** 2) / (2 * torch.tanh(k / 2)) / a
    return inside / a


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, o):
        ctx.save_for_backward(u)
        ctx.o = o
        return (u > o.v_th if o.fires == "exceeded" else u >= o.v_th).to(u.dtype)

    @staticmethod
    def backward(ctx, grad):
        (u,) = ctx.saved_tensors
        return grad * slope(u - ctx.o.v_th, ctx.o), None


def spike(u, o):
    """A spike whose distance from the threshold, and from the window's edges, the generator watches."""
    d = (u.detach() - o.v_th).abs()
    near = [d.min().item()]
    if o.surrogate in ("rectangle", "tanh"):
        near.append((d - o.window / 2).abs().min().item())
    golden._margin[0] = min(golden._margin[0], *near)
    return Spike.apply(u, o)


# ---------------------------------------------------------------- the parts
class AdditiveContext(ref.GlobalContext):
    """GCNet's form: X + V."""

    def forward(self, x):
        n, c, h, w = x.shape
        k = self.key(x).reshape(n, h * w, 1).softmax(dim=1)
        context = torch.bmm(x.reshape(n, c, h * w), k).reshape(n, c, 1, 1)
        return x + self.value(F.relu(self.norm(self.query(context))))


def fixed_encoding(shape, steps, channels, height, width):
    if shape == "step":
        return ref.sinusoidal(steps, 1)
    if shape == "position":             # the neurons of a channel in sequence: (t·H + y)·W + x
        flat = ref.sinusoidal(steps * height * width, channels)
        return flat.reshape(steps, height, width, channels).permute(0, 3, 1, 2).contiguous()
    return ref.sinusoidal(steps, channels)


class StaaLif(ref.StaaLif):
    """The reference's neuron with the further options."""

    def __init__(self, steps, channels, opt, height, width):
        super().__init__(steps, channels, opt)
        shape = {"channel": (channels, 1, 1), "layer": (1, 1, 1), "neuron": (channels, height, width)}[opt.shared]
        if opt.adaptive:
            self.M, self.N = nn.Parameter(torch.full(shape, opt.tau)), nn.Parameter(torch.ones(shape))
        encoding = fixed_encoding(opt.pe_shape, steps, channels, height, width)
        if opt.pe == "learnable":
            self.pe = nn.Parameter(torch.zeros_like(encoding))
        elif opt.pe == "fixed":
            self.pe = encoding
        if opt.gc and opt.context_form == "additive":
            self.gc = AdditiveContext(channels, opt.gc_ratio, opt.gc_scale)

    def aggregated(self, x, t):
        o = self.opt
        if o.pe != "none" and o.pe_place == "before":
            x = x + self.pe[t]
        if self.gc is not None:
            x = self.gc(x)
        return x + self.pe[t] if o.pe != "none" and o.pe_place == "after" else x

    def forward(self, x):
        o, h, out = self.opt, torch.zeros_like(x[0]), []
        for t in range(self.steps):
            drop = self.dropped is not None and self.dropped[t]
            u = self.M * h + self.N * (x[t] if drop else self.aggregated(x[t], t))
            if not drop and self.sa is not None:
                u = self.sa(u)
            s = spike(u, o)
            held = s.detach() if o.detach_reset else s
            h = u - o.v_th * held if o.reset == "soft" else u * (1 - held)
            out.append(s)
        return torch.stack(out)


class EncodedConvBn(nn.Module):
    """Position encoding before the convolution or after it; the weights have the names of conv_bn's."""

    def __init__(self, cin, cout, steps, before):
        super().__init__()
        self.before = before
        self.layer = nn.Sequential(nn.Conv2d(cin, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout))
        self.pe = nn.Parameter(torch.zeros(steps, cin if before else cout, 1, 1))

    def forward(self, x):
        conv, norm = ref.PerStep(self.layer[0]), ref.PerStep(self.layer[1])
        pe = self.pe[:, None]
        return norm(conv(x + pe)) if self.before else norm(conv(x) + pe)


# ---------------------------------------------------------------- writing
def block(out, name, make, x, config):
    """golden.block, and three steps of SGD."""
    for _ in range(4000):
        module = golden.shake(make().double()).train()
        golden._margin[0] = float("inf")
        xin = x().double().requires_grad_(True)
        before = {k: v.clone() for k, v in module.state_dict().items()}
        y = module(xin)
        c = torch.randn_like(y)
        y.backward(c)
        tensors = {"input.x": xin, **{f"param.{k}": v for k, v in before.items()}, "output.y": y, "cotangent.y": c,
                   "grad.x": xin.grad.clone(),
                   **{f"grad.{k}": golden.gradient(p) for k, p in module.named_parameters()}}
        parameters = list(module.parameters())
        optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9, weight_decay=5e-4) if parameters else None
        for step in range(3 if parameters else 0):
            if step:
                optimizer.zero_grad()
                module(xin.detach()).backward(c)
            optimizer.step()
        if golden._margin[0] > MARGIN:
            break
    else:
        raise SystemExit(f"{name}: no draw keeps its margin")
    tensors.update({f"after.{k}": v for k, v in module.state_dict().items()})
    golden.save(f"{out}/{name}.safetensors", tensors, {"case": name, "sgd": bool(parameters), **config})


class Forced(StaaLif):
    """Time-step random dropout forced to a pattern."""

    def __init__(self, steps, channels, opt, height, width, dropped):
        super().__init__(steps, channels, opt, height, width)
        self.dropped = dropped


def main(out, seed):
    torch.manual_seed(seed)
    os.makedirs(out, exist_ok=True)
    T, N, C, H, W = 4, 2, 8, 3, 2
    current = lambda: 0.6 + 0.7 * torch.randn(T, N, C, H, W)
    bare = dict(gc=False, pe="none", sa=False, tsrd=0.0)
    full = dict(tsrd=0.0)

    cases = {
        # the shape of global context
        "option_additive": Options(**full, context_form="additive"),
        "option_additive_alone": Options(**{**bare, "gc": True}, context_form="additive"),
        # position encoding: its shape and its place
        "option_pe_step": Options(**full, pe_shape="step"),
        "option_pe_position": Options(**full, pe_shape="position"),
        "option_pe_position_alone": Options(**{**bare, "pe": "learnable"}, pe_shape="position"),
        "option_pe_fixed_step": Options(**{**full, "pe": "fixed"}, pe_shape="step"),
        "option_pe_fixed_position": Options(**{**full, "pe": "fixed"}, pe_shape="position"),
        "option_pe_after": Options(**full, pe_place="after"),
        "option_pe_after_additive": Options(**full, pe_place="after", context_form="additive"),
        "option_pe_after_position": Options(**full, pe_place="after", pe_shape="position"),
        "option_pe_after_fixed": Options(**{**full, "pe": "fixed"}, pe_place="after"),
        # the gates' scales
        "option_scales": Options(**full, alpha=1.7, gc_scale=1.3),
        # M and N
        "option_constant": Options(**full, adaptive=False),
        "option_layer": Options(**full, shared="layer"),
        "option_neuron": Options(**full, shared="neuron"),
        "option_neuron_alone": Options(**bare, shared="neuron"),
        "option_neuron_position_additive": Options(**full, shared="neuron", pe_shape="position", context_form="additive"),
        # firing and reset
        "option_soft": Options(**full, reset="soft"),
        "option_soft_detached": Options(**bare, reset="soft", detach_reset=True),
        "option_exceeded": Options(**bare, fires="exceeded", v_th=0.75),
        "option_triangle": Options(**bare, surrogate="triangle", window=0.8),
        "option_sigmoid": Options(**bare, surrogate="sigmoid", window=1.5),
        "option_arctangent": Options(**full, surrogate="arctangent"),
        "option_tanh": Options(**full, surrogate="tanh", v_th=0.5, window=1.0, sharpness=5.0, fires="exceeded"),
        "option_lif_soft_sigmoid": Options(**bare, adaptive=False, reset="soft", surrogate="sigmoid", fires="exceeded"),
    }
    for name, o in cases.items():
        block(out, name, lambda: StaaLif(T, C, o, H, W), current, {"options": o.__dict__})
    dropped = [False, True, True, False]
    for name, o in {"option_dropped_position": Options(shared="neuron", pe_shape="position"),
                    "option_dropped_after": Options(pe_place="after", context_form="additive")}.items():
        block(out, name, lambda: Forced(T, C, o, H, W, dropped), current, {"options": o.__dict__, "dropped": dropped})

    block(out, "option_additive_context", lambda: ref.PerStep(AdditiveContext(8, 4, 2.0)), current, {"ratio": 4})
    spikes = lambda: (torch.rand(T, N, 5, 4, 3) < 0.2).float()
    for place in ("before", "after"):
        block(out, f"option_pe_{place}_convolution", lambda: EncodedConvBn(5, 8, T, place == "before"), spikes, {})

    o = ref.StaaOptions(tsrd=0.0)
    golden.net(out, "net_resnet34_w2_t2", lambda: ref.ResNetImageNet(2, [3, 4, 6, 3], 5, opt=o, width=2), (2, 3, 32, 32), 5,
               {"width": 2, "steps": 2, "options": o.__dict__})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
