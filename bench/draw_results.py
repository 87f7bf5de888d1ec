# SPDX-License-Identifier: MIT
"""Draws the picture of docs/results.md from the logs in docs/results:

    python3 bench/draw_results.py [--picture docs/pictures/results.svg]
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
RUNS = {"STAA": ("vgg6_staa.csv", "#e66e14"), "LIF": ("vgg6_lif.csv", "#1f77b4")}


def draw(axes):
    for name, (log, colour) in RUNS.items():
        with open(DOCS / "results" / log, newline="") as file:
            rows = list(csv.DictReader(file))
        epochs = [int(row["epoch"]) for row in rows]
        for column, line, what in (("train_accuracy", "--", "training"), ("test_accuracy", "-", "held out")):
            axes.plot(epochs, [float(row[column]) for row in rows], line, color=colour, label=f"{name}, {what}")
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy, %")
    axes.grid(color="#dddddd")
    axes.legend(frameon=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", default=DOCS / "pictures" / "results.svg")
    matplotlib.rcParams["svg.hashsalt"] = "staa"
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    draw(axes)
    figure.savefig(parser.parse_args().picture, metadata={"Date": None})


if __name__ == "__main__":
    main()
