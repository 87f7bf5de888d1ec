#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fits the cost model of docs/distributed.md to measured steps, and says what it gives for more processes.

    mpirun -n 1 staa_distributed_times > one.json
    bash bench/over_tcp.sh unlimited staa_distributed_times > fast.json
    bash bench/over_tcp.sh 100mbit staa_distributed_times > slow.json
    python3 bench/distributed_cost.py unlimited=one.json unlimited=fast.json 100e6=slow.json

RATE=FILE: the bits per second of the link, or `unlimited`, and what staa_distributed_times printed, one line per run. There
must be a run of one process, an unlimited run of two, and a limited run of two. The fastest time of each run counts.
"""
import argparse
import json
import math


def read_runs(arguments):
    runs = []
    for argument in arguments:
        rate, _, path = argument.partition("=")
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                run = json.loads(line)
                run["seconds_per_byte"] = 0.0 if rate == "unlimited" else 8 / float(rate)
                runs.append(run)
    return runs


def sent_bytes(gradient_bytes, ranks):
    """What a process sends per step: all-to-all and all-gather of every bucket."""
    return 2 * (ranks - 1) / ranks * gradient_bytes


def mean(values):
    return sum(values) / len(values)


def fit(runs):
    """Seconds per byte of memory and of protocol, the use of the link, latency, and the two numbers of the overlap."""
    alone = [r for r in runs if r["ranks"] == 1]
    free = [r for r in runs if r["ranks"] == 2 and r["seconds_per_byte"] == 0]
    limited = [r for r in runs if r["ranks"] == 2 and r["seconds_per_byte"] > 0]
    if not alone or not free or not limited:
        raise SystemExit("distributed_cost.py: expected a run of one process, an unlimited run of two, and a limited one")
    memory = mean([r["fastest"]["exchange"] / r["gradient_bytes"] for r in alone])
    protocol = mean([r["fastest"]["exchange"] / r["gradient_bytes"] for r in free]) - memory
    link = [(r["fastest"]["exchange"] - memory * r["gradient_bytes"]) /
            (sent_bytes(r["gradient_bytes"], 2) * r["seconds_per_byte"]) for r in limited]
    latency = mean([r["fastest"]["sum"] for r in free])

    def error(share, window):
        return sum((hidden(r["fastest"]["exchange"], r["fastest"]["compute"], share, window) -
                    (r["fastest"]["exchange"] + r["fastest"]["compute"] - r["fastest"]["step"]))**2 for r in limited)

    grid = [i / 100 for i in range(101)]
    share, window = min(((s, w) for s in grid for w in grid), key=lambda pair: error(*pair))
    return {"memory": memory, "protocol": max(protocol, 0), "link": mean(link), "latency": latency, "share": share,
            "window": window}


def hidden(exchange, compute, share, window):
    return min(share * exchange, window * compute)


def step_seconds(model, case, ranks, shares_statistics=False):
    """The model: see docs/distributed.md."""
    if ranks == 1:
        return case["compute"]
    per_byte = max(model["protocol"], model["link"] * case["seconds_per_byte"])
    latency = case["latency"]
    exchange = (model["memory"] * case["gradient_bytes"] + per_byte * sent_bytes(case["gradient_bytes"], ranks) +
                2 * case["buckets"] * (ranks - 1) * latency)
    exposed = exchange - hidden(exchange, case["compute"], model["share"], model["window"])
    sum_bytes = case["sum_bytes"] * (1 if shares_statistics else 0.5)
    one_sum = math.ceil(math.log2(ranks)) * latency + (ranks - 1) * sum_bytes * per_byte
    return case["compute"] + exposed + 2 * case["norms"] * one_sum


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RATE=FILE")
    parser.add_argument("--rate", type=float, default=10e9, help="bits per second of the link to predict for")
    parser.add_argument("--latency", type=float, default=30e-6, help="seconds of a message on that link")
    arguments = parser.parse_args()
    runs = read_runs(arguments.runs)
    model = fit(runs)
    print("memory %.2f ns/byte, protocol %.2f ns/byte, link %.2f of its rate, latency %.1f us, hidden: %.0f %% of the "
          "exchange, at most %.0f %% of the compute" %
          (model["memory"] * 1e9, model["protocol"] * 1e9, 1 / model["link"], model["latency"] * 1e6,
           100 * model["share"], 100 * model["window"]))
    for run in runs:
        case = dict(run, compute=run["fastest"]["compute"], latency=model["latency"],
                    buckets=math.ceil(run["gradient_bytes"] / run["bucket_bytes"]))
        rate = "unlimited" if run["seconds_per_byte"] == 0 else "%.0f Mbit/s" % (8e-6 / run["seconds_per_byte"])
        print("%d ranks, %-11s step measured %6.1f ms, model %6.1f ms" %
              (run["ranks"], rate, 1e3 * run["fastest"]["step"], 1e3 * step_seconds(model, case, run["ranks"])))
    last = [r for r in runs if r["ranks"] == 1][-1]
    case = dict(last, compute=last["fastest"]["compute"], latency=arguments.latency, seconds_per_byte=8 / arguments.rate,
                buckets=math.ceil(last["gradient_bytes"] / last["bucket_bytes"]))
    print("on a link of %g Gbit/s and %g us:" % (arguments.rate / 1e9, arguments.latency * 1e6))
    for ranks in (1, 2, 8, 64, 512):
        local, shared = (step_seconds(model, case, ranks, shares) for shares in (False, True))
        print("%4d ranks: %7.1f ms, efficiency %3.0f %%; with shared statistics %7.1f ms, %3.0f %%" %
              (ranks, 1e3 * local, 100 * case["compute"] / local, 1e3 * shared, 100 * case["compute"] / shared))


if __name__ == "__main__":
    main()
