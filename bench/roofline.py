# SPDX-License-Identifier: MIT
"""Draws the speed of the kernels beside the limits of the machine:

    OMP_NUM_THREADS=1 build/release/bench/staa_bench --benchmark_filter='^(machine|convolution|membrane)' \\
        --benchmark_out=kernels.json
    python3 bench/roofline.py kernels.json [MORE_RUNS.json ...] [--picture docs/pictures/roofline.svg]

Of several runs the fastest counts, per benchmark: for machines that others use as well.
Convolutions are those of ResNet-20 at width 64, 3x3 with stride 1. Dense ones are above the peak on small maps: their
multiply-adds with the padding count, and the kernels leave them out.
"""
import argparse
import json
import pathlib
import sys

try:
    import matplotlib
except ImportError:
    sys.exit("matplotlib is missing: pip install matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402, after the choice of its backend

LAYERS = [(32, 64), (16, 64), (8, 128), (4, 256), (2, 512)]  # side, channels
RATES = [20, 50, 125, 250, 500]  # thousandths
COLOURS = dict(zip(RATES, ["#fde0a0", "#fdae61", "#f46d43", "#c2185b", "#5e1675"]))
DENSE, NEURONS = "#1f77b4", "#2ca02c"
PANELS = [
    ("Forward", "convolution/dense/forward", "convolution/spikes/forward"),
    ("Weight gradient", "convolution/dense/weight_gradient", "convolution/pixels/weight_gradient"),
    ("Input gradient", "convolution/dense/input_gradient", "convolution/pixels/input_gradient"),
]


class Run:
    """The measurements of all files, which were made with the same number of threads."""

    def __init__(self, paths):
        rows = [row for path in paths for row in json.loads(pathlib.Path(path).read_text())["benchmarks"]]
        self.rows = [row for row in rows if row["run_type"] == "iteration" and not row.get("error_occurred")]
        threads = {int(row["threads"]) for row in self.rows if row["name"].startswith("convolution/")}
        if len(threads) != 1:
            sys.exit(f"The convolutions ran on {sorted(threads)} threads; expected one number of threads in all files")
        self.threads = threads.pop()
        self.peak = self.best("GFLOP/s", "machine/fma_peak", threads=self.threads)["GFLOP/s"]
        self.bandwidth = self.best("GB/s", "machine/triad", threads=self.threads)["GB/s"]

    def best(self, counter, name, **arguments):
        """The row with these arguments whose counter is the largest."""
        wanted = [f"/{key}:{value}/" for key, value in arguments.items()]
        found = [row for row in self.rows
                 if row["name"].startswith(name + "/") and all(part in row["name"] for part in wanted)]
        if not found:
            sys.exit(f"{name} with {arguments} is missing")
        return max(found, key=lambda row: row[counter])

    def point(self, name, **arguments):
        """(FLOP per byte, GFLOP/s)."""
        row = self.best("GFLOP/s", name, **arguments)
        return row["GFLOP/s"] / row["GB/s"], row["GFLOP/s"]

    def layer(self, name, layer, **arguments):
        side, channels = layer
        return self.point(name, side=side, **{"in": channels, "out": channels}, kernel=3, stride=1, **arguments)


def draw_convolutions(axes, run, title, dense, sparse):
    """One column of points per layer. With so many FLOP per byte memory is no limit: the peak is the only roof."""
    axes.set(yscale="log", xlim=(-0.5, len(LAYERS) - 0.5), ylim=(30, 6000), title=title)
    for column, layer in enumerate(LAYERS):
        axes.plot(column - 0.12, run.layer(dense, layer)[1], "s", **marked(DENSE))
        for rate in RATES:
            axes.plot(column + 0.12, run.layer(sparse, layer, permille=rate)[1], "o", **marked(COLOURS[rate]))
    axes.set_xticks(range(len(LAYERS)), [f"{side} × {side} × {channels}" for side, channels in LAYERS], fontsize=8)
    axes.text(-0.4, 33, f"line: peak of multiply-adds, {run.peak:.0f} GFLOP/s", va="bottom", fontsize=8)
    axes.axhline(run.peak, color="black", linewidth=1.2, zorder=1)
    axes.axhspan(run.peak, axes.get_ylim()[1], color="#eeeeee", zorder=0)
    axes.grid(True, axis="y", color="#dddddd", linewidth=0.5)


def draw_overview(axes, run):
    """Convolutions and neurons under both roofs."""
    axes.set(xscale="log", yscale="log", xlim=(0.2, 1500), ylim=(2, 6000))
    axes.set_title("All convolutions and the membrane, by FLOP per byte")
    for _, dense, sparse in PANELS:
        for layer in LAYERS:
            axes.plot(*run.layer(sparse, layer, permille=125), "o", **marked(COLOURS[125]))
            axes.plot(*run.layer(dense, layer), "s", **marked(DENSE))
    for name, marker in [("forward", "^"), ("backward", "v")]:
        for side, channels in LAYERS:
            point = run.point(f"membrane/{name}", side=side, channels=channels, images=16)
            axes.plot(*point, marker, **marked(NEURONS))
        axes.plot(*run.point(f"membrane/{name}", images=512), marker, **marked("white"))
    axes.legend([symbol("o", COLOURS[125]), symbol("s", DENSE), symbol("^", NEURONS), symbol("v", NEURONS),
                 symbol("^", "white")],
                ["convolutions, 12.5 %", "convolutions, dense", "membrane, forward", "membrane, backward",
                 "membrane, maps beyond the cache"], fontsize=7.5, loc="lower right", framealpha=1)
    axes.text(1.0, 0.8 * run.bandwidth, f"triad, {run.bandwidth:.0f} GB/s", fontsize=8, va="top")
    axes.text(0.24, run.peak * 1.1, f"peak of multiply-adds, {run.peak:.0f} GFLOP/s", va="bottom", fontsize=8)
    x = [axes.get_xlim()[0], run.peak / run.bandwidth, axes.get_xlim()[1]]
    y = [x[0] * run.bandwidth, run.peak, run.peak]
    axes.plot(x, y, color="black", linewidth=1.2, zorder=1)
    axes.fill_between(x, y, axes.get_ylim()[1], color="#eeeeee", zorder=0)
    axes.grid(True, color="#dddddd", linewidth=0.5)


def marked(colour):
    return {"color": colour, "markeredgecolor": "black", "markeredgewidth": 0.5, "markersize": 6}


def symbol(marker, colour):
    return plt.Line2D([], [], linestyle="", marker=marker, **marked(colour))


def main(run, picture):
    plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "svg.hashsalt": "roofline"})
    figure, grid = plt.subplots(2, 2, figsize=(10, 7.6))
    for axes, panel in zip(grid.flat, PANELS):
        draw_convolutions(axes, run, *panel)
    draw_overview(grid[1, 1], run)
    grid[1, 0].set_xlabel("height × width × channels of the map")
    grid[1, 1].set_xlabel("effective FLOP per byte (each byte counts once; a spike is a bit)")
    for axes in grid[:, 0]:
        axes.set_ylabel("effective GFLOP/s")
    figure.legend([symbol("s", DENSE)] + [symbol("o", COLOURS[rate]) for rate in RATES],
                  ["dense"] + [f"{rate / 10:g} %" for rate in RATES], ncol=6, loc="upper center", frameon=False,
                  bbox_to_anchor=(0.5, 0.955), title_fontsize=9,
                  title="share of neurons that fire (input gradient: that are inside the surrogate's window)")
    threads = "one thread" if run.threads == 1 else f"{run.threads} threads"
    figure.suptitle("3x3 convolutions of ResNet-20, width 64, " + threads + ". The roofs are a dense kernel's; grey is "
                    "what only skipping zeros reaches", fontsize=11, y=0.985)
    figure.tight_layout(rect=(0, 0, 1, 0.905))
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN.json")
    parser.add_argument("--picture", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "docs" / "pictures" / "roofline.svg")
    options = parser.parse_args()
    main(Run(options.runs), options.picture)
