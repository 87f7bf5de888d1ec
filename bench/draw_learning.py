# SPDX-License-Identifier: MIT
"""Draws the picture of docs/learning.md from the measurements in docs/learning:

    python3 bench/draw_learning.py [--picture docs/pictures/learning.svg]
"""
import argparse
import csv
import pathlib
import sys

try:
    import matplotlib
except ImportError:
    sys.exit("matplotlib is missing: pip install matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402, after the choice of its backend

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
COLOURS = {"rectangle": "#1f77b4", "triangle": "#e66e14", "sigmoid": "#2ca02c", "arctangent": "#9467bd"}
LINES = {"1.0": "-", "1.8": "--", "4.0": ":"}


def read(name):
    with open(DOCS / "learning" / name, newline="") as file:
        return list(csv.DictReader(file))


def draw_gradients(axes):
    rows = read("gradients.csv")
    for name in list(rows[0])[1:]:
        shape, width = name.split()
        axes.semilogy([int(row["layer"]) for row in rows], [float(row[name]) for row in rows], LINES[width],
                      color=COLOURS[shape], label=f"{shape}, width {width}")
    axes.set(xlabel="layer of neurons, from the image on", ylabel="deviation of dLoss/dU", ylim=(1e-10, 1e-2),
             title="Gradients at the start")
    axes.legend(frameon=False, fontsize=8)


def draw_accuracies(axes):
    rows = read("widths.csv")
    for shape, colour in COLOURS.items():
        points = sorted((float(row["gain"]), float(row["test_accuracy"])) for row in rows if row["surrogate"] == shape)
        axes.semilogx([gain for gain, _ in points], [accuracy for _, accuracy in points], "o-", color=colour,
                      label=shape, markersize=4)
    axes.axvline(1, color="#888888", linewidth=1)
    axes.set(xlabel="gain g of the gradient's variance per layer", ylabel="test accuracy after 10 epochs [%]",
             title="Accuracy", xticks=[0.4, 0.6, 1, 1.5, 2, 3.5])
    axes.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
    axes.legend(frameon=False, fontsize=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", default=DOCS / "pictures" / "learning.svg")
    options = parser.parse_args()
    plt.rcParams["svg.hashsalt"] = "staa"  # the same bytes in each run
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
    draw_gradients(left)
    draw_accuracies(right)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(options.picture, metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    main()
