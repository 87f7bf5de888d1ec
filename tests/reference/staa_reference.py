"""Executable definition of STAA-SNN in PyTorch (1.13 or newer), used as the oracle for parity tests.

It is written for reading, not for speed: one class per block of the paper, loops over time are explicit.
All tensors are float32 and shaped [T, N, C, H, W]  (time, batch, channel, height, width).

    X  input current of a layer (the output of convolution + batch norm)
    H  membrane potential carried over from the step before (after reset)
    A  membrane potential before step attention      U  after it
    S  spikes, 0 or 1

What the paper fixes, and what is our reading of it, is set out in docs/model.md.
"""
from dataclasses import dataclass

import torch
from torch import nn
import torch.nn.functional as F


# ---------------------------------------------------------------- spike and surrogate (Eq. 2, 5)
class _Spike(torch.autograd.Function):
    """Heaviside(u - v_th), with Heaviside(0) = 1; gradient 1/a where |u - v_th| < a/2, else 0."""

    @staticmethod
    def forward(ctx, u, v_th, a):
        ctx.save_for_backward(u)
        ctx.v_th, ctx.a = v_th, a
        return (u >= v_th).to(u.dtype)

    @staticmethod
    def backward(ctx, grad):
        (u,) = ctx.saved_tensors
        window = ((u - ctx.v_th).abs() < ctx.a / 2).to(grad.dtype) / ctx.a
        return grad * window, None, None


def spike(u, v_th=1.0, a=1.0):
    return _Spike.apply(u, v_th, a)


# ---------------------------------------------------------------- the blocks of the aggregator
@dataclass
class StaaOptions:
    """Which parts of the aggregator are on; the paper's full model is the default."""
    gc: bool = True                 # global context block, Eq. 7-10
    pe: str = "learnable"           # "none", "learnable" (init 0) or "fixed" (sinusoidal), Eq. 11
    sa: bool = True                 # step attention block, Eq. 12
    adaptive: bool = True           # learnable M and N, Eq. 6; else M = tau and N = 1 are constants
    tsrd: float = 0.1               # probability of time-step random dropout, section 3.2
    tau: float = 0.25               # initial M
    alpha: float = 2.0              # scale of the step attention gate; with it the gate starts near 1
    gc_scale: float = 2.0           # scale of the global context gate, for the same reason
    gc_ratio: int = 4               # r of the global context block
    sa_ratio: int = 4               # r of the step attention block
    v_th: float = 1.0
    window: float = 1.0             # a of the rectangular surrogate
    detach_reset: bool = False


class GlobalContext(nn.Module):
    """GCNet-style self attention on one time step: [N, C, H, W] -> same shape.

    The value convolution starts at zero, so that with scale = 2 the block starts as the identity."""

    def __init__(self, channels, ratio, scale):
        super().__init__()
        hidden = max(1, channels // ratio)
        self.scale = scale
        self.key = nn.Conv2d(channels, 1, 1)
        self.query = nn.Conv2d(channels, hidden, 1)
        self.norm = nn.LayerNorm([hidden, 1, 1])
        self.value = nn.Conv2d(hidden, channels, 1)
        nn.init.zeros_(self.value.weight)
        nn.init.zeros_(self.value.bias)

    def forward(self, x):
        n, c, h, w = x.shape
        k = self.key(x).reshape(n, h * w, 1).softmax(dim=1)                # Eq. 7
        context = torch.bmm(x.reshape(n, c, h * w), k).reshape(n, c, 1, 1)
        q = F.relu(self.norm(self.query(context)))                         # Eq. 8
        v = self.value(q)                                                  # Eq. 9
        return self.scale * torch.sigmoid(v) * x                           # Eq. 10


class StepAttention(nn.Module):
    """alpha * sigmoid(W2 relu(W1 avgpool(A))) gates A channel by channel: [N, C, H, W] -> same shape."""

    def __init__(self, channels, ratio, alpha):
        super().__init__()
        hidden = max(1, channels // ratio)
        self.alpha = alpha
        self.reduce = nn.Conv2d(channels, hidden, 1, bias=False)
        self.expand = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, a):
        pooled = F.adaptive_avg_pool2d(a, 1)
        gate = torch.sigmoid(self.expand(F.relu(self.reduce(pooled))))
        return self.alpha * gate * a                                       # Eq. 12


def sinusoidal(steps, channels):
    """Fixed position encoding over time, [T, C, 1, 1]."""
    pos = torch.arange(steps, dtype=torch.float32)[:, None]
    i = torch.arange(channels, dtype=torch.float32)[None, :]
    angle = pos / torch.pow(torch.tensor(10000.0), 2 * torch.div(i, 2, rounding_mode="floor") / channels)
    enc = torch.where(i.long() % 2 == 0, angle.sin(), angle.cos())
    return enc[:, :, None, None]


class StaaLif(nn.Module):
    """LIF neuron with the spatial-temporal attention aggregator: [T, N, C, H, W] currents -> spikes.

    For every step t, with H[-1] = 0:
        Xh   = GC(X[t] + PE[t])                         Eq. 11, 13
        A    = M * H[t-1] + N * Xh                      Eq. 6
        U    = SA(A)                                    Eq. 12, 14
        S[t] = (U >= v_th),  H[t] = U * (1 - S[t])      Eq. 2, 3
    A step that time-step random dropout drops skips PE, GC and SA: U = M * H[t-1] + N * X[t].
    """

    def __init__(self, steps, channels, opt: StaaOptions):
        super().__init__()
        self.opt, self.steps = opt, steps
        if opt.adaptive:
            self.M = nn.Parameter(torch.full((channels, 1, 1), opt.tau))
            self.N = nn.Parameter(torch.ones(channels, 1, 1))
        else:
            self.register_buffer("M", torch.full((channels, 1, 1), opt.tau))
            self.register_buffer("N", torch.ones(channels, 1, 1))
        if opt.pe == "learnable":
            self.pe = nn.Parameter(torch.zeros(steps, channels, 1, 1))
        elif opt.pe == "fixed":
            self.register_buffer("pe", sinusoidal(steps, channels))
        self.gc = GlobalContext(channels, opt.gc_ratio, opt.gc_scale) if opt.gc else None
        self.sa = StepAttention(channels, opt.sa_ratio, opt.alpha) if opt.sa else None
        self.dropped = None         # set to a list of T bools to force a TSRD draw

    def forward(self, x):
        o = self.opt
        h = torch.zeros_like(x[0])
        out = []
        for t in range(self.steps):
            if self.dropped is not None:
                drop = self.dropped[t]
            else:
                drop = self.training and o.tsrd > 0 and torch.rand(()).item() < o.tsrd
            xh = x[t]
            if not drop:
                if o.pe != "none":
                    xh = xh + self.pe[t]
                if self.gc is not None:
                    xh = self.gc(xh)
            u = self.M * h + self.N * xh
            if not drop and self.sa is not None:
                u = self.sa(u)
            s = spike(u, o.v_th, o.window)
            h = u * (1 - (s.detach() if o.detach_reset else s))
            out.append(s)
        return torch.stack(out)


VANILLA = StaaOptions(gc=False, pe="none", sa=False, adaptive=False, tsrd=0.0)


# ---------------------------------------------------------------- layers applied to every step
class PerStep(nn.Module):
    """Applies a 2-d layer to all steps at once by folding T into the batch. For batch norm this
    takes the statistics over T, N, H and W together."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        t, n = x.shape[:2]
        y = self.layer(x.flatten(0, 1))
        return y.reshape(t, n, *y.shape[1:])


def conv_bn(cin, cout, k=3, stride=1):
    return PerStep(nn.Sequential(nn.Conv2d(cin, cout, k, stride, k // 2, bias=False), nn.BatchNorm2d(cout)))


class BasicBlock(nn.Module):
    def __init__(self, cin, cout, stride, steps, opt, pool_shortcut):
        super().__init__()
        self.conv1 = conv_bn(cin, cout, 3, stride)
        self.lif1 = StaaLif(steps, cout, opt)
        self.conv2 = conv_bn(cout, cout)
        self.lif2 = StaaLif(steps, cout, opt)
        self.shortcut = None
        if stride != 1 or cin != cout:
            if pool_shortcut:
                self.shortcut = nn.Sequential(
                    PerStep(nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)), conv_bn(cin, cout, 1))
            else:
                self.shortcut = conv_bn(cin, cout, 1, stride)

    def forward(self, x):
        y = self.conv2(self.lif1(self.conv1(x)))
        return self.lif2(y + (x if self.shortcut is None else self.shortcut(x)))


class SpikingClassifier(nn.Module):
    """Repeats a static image T times (or takes T frames), and averages the logits over time."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, x):
        x = x.unsqueeze(0).repeat(self.steps, 1, 1, 1, 1) if x.dim() == 4 else x
        return self.logits(x).mean(0)

    def stages(self, widths, blocks, cin, steps, opt, pool_shortcut):
        layers = []
        for i, (width, count) in enumerate(zip(widths, blocks)):
            for b in range(count):
                layers.append(BasicBlock(cin, width, 2 if i > 0 and b == 0 else 1, steps, opt, pool_shortcut))
                cin = width
        return nn.Sequential(*layers)


class ResNet20(SpikingClassifier):
    """Three 3x3 stem convolutions, 2x2 average pool, four stages of two basic blocks."""

    def __init__(self, steps, classes=10, in_channels=3, opt=StaaOptions(), stem_opt=VANILLA, width=64):
        super().__init__(steps)
        w = width
        self.stem = nn.Sequential(conv_bn(in_channels, w), StaaLif(steps, w, stem_opt), conv_bn(w, w), StaaLif(steps, w, stem_opt),
                                  conv_bn(w, w), StaaLif(steps, w, stem_opt), PerStep(nn.AvgPool2d(2)))
        self.body = self.stages([w, 2 * w, 4 * w, 8 * w], [2, 2, 2, 2], w, steps, opt, True)
        self.fc = nn.Linear(8 * w, classes)

    def logits(self, x):
        return self.fc(self.body(self.stem(x)).mean((-2, -1)))


class ResNet19(SpikingClassifier):
    """One stem convolution, stages of 3, 3 and 2 basic blocks, 128 to 512 channels at 32x32."""

    def __init__(self, steps, classes=10, in_channels=3, opt=StaaOptions(), width=128):
        super().__init__(steps)
        w = width
        self.stem = nn.Sequential(conv_bn(in_channels, w), StaaLif(steps, w, opt))
        self.body = self.stages([w, 2 * w, 4 * w], [3, 3, 2], w, steps, opt, False)
        self.fc = nn.Linear(4 * w, classes)

    def logits(self, x):
        return self.fc(self.body(self.stem(x)).mean((-2, -1)))


class ResNetImageNet(SpikingClassifier):
    """ResNet-18 is blocks=[2, 2, 2, 2], ResNet-34 is [3, 4, 6, 3]; 7x7 stride-2 stem, 3x3 average pool."""

    def __init__(self, steps, blocks, classes=1000, in_channels=3, opt=StaaOptions(), width=64):
        super().__init__(steps)
        w = width
        self.stem = nn.Sequential(PerStep(nn.Sequential(nn.Conv2d(in_channels, w, 7, 2, 3, bias=False), nn.BatchNorm2d(w))),
                                  StaaLif(steps, w, opt), PerStep(nn.AvgPool2d(3, 2, 1)))
        self.body = self.stages([w, 2 * w, 4 * w, 8 * w], blocks, w, steps, opt, False)
        self.fc = nn.Linear(8 * w, classes)

    def logits(self, x):
        return self.fc(self.body(self.stem(x)).mean((-2, -1)))


class Vgg13(SpikingClassifier):
    """Ten 3x3 convolutions in five pairs, 2x2 average pool after each pair, one linear layer."""

    def __init__(self, steps, classes=10, in_channels=3, opt=StaaOptions(), widths=(64, 128, 256, 512, 512)):
        super().__init__(steps)
        layers, cin = [], in_channels
        for w in widths:
            layers += [conv_bn(cin, w), StaaLif(steps, w, opt), conv_bn(w, w), StaaLif(steps, w, opt), PerStep(nn.AvgPool2d(2))]
            cin = w
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(cin, classes)

    def logits(self, x):
        return self.fc(self.features(x).mean((-2, -1)))


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())


if __name__ == "__main__":
    for name, model in (("ResNet-20, CIFAR-100, T=4", ResNet20(4, 100)), ("ResNet-19, CIFAR-10, T=4", ResNet19(4)),
                        ("VGG-13, CIFAR-10, T=4", Vgg13(4)), ("ResNet-34, ImageNet, T=4", ResNetImageNet(4, [3, 4, 6, 3]))):
        print(f"{name}: {count_parameters(model):,} parameters")
