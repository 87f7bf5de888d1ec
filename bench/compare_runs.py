#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says what became faster and what became slower between two runs:

    staa_bench --quick --benchmark_out=A.json        (then change the library, build it, and run it again)
    staa_bench --quick --benchmark_out=B.json
    python3 bench/compare_runs.py A.json B.json
    python3 bench/compare_runs.py A1.json A2.json A3.json --against B1.json B2.json B3.json

A file is the JSON of Google Benchmark, or the lines that staa_network_times prints, or the JSON of compare_pytorch.py.
The measurements of a benchmark are its repetitions, in one file or in several. The median of B is compared with that of
A.

Noise is the spread of the measurements: the largest less the smallest, over their median. The larger spread of the two
sides counts. A benchmark is faster or slower if its median changed by more than the noise, and by more than 1 %. With
less than three measurements on a side the noise is unknown, marked "?"; then --noise stands for it, if it is larger.

With staa_bench, the time is that of the fastest call of a repetition: other programs on the machine disturb it less
than the mean. --time real and --time cpu compare the means instead.

The repetitions of one run know nothing of how the machine changes from run to run. On a machine that others use as
well, run A and B in turns, more than once, and give all files: A1.json A2.json A3.json --against B1.json B2.json
B3.json.

The exit code is 0, or 1 with --fail-above PERCENT where a benchmark is slower by more than the noise and by more than
PERCENT, or fails in B and not in A. It is 2 where a file cannot be read.
"""
import argparse
import json
import pathlib
import re
import statistics
import sys

LEAST = 0.01  # a smaller change is noise, whatever the repetitions say
ENOUGH = 3  # measurements per side, below which their spread says little
MICROSECONDS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
TIMING = re.compile(r"/(min_time|min_warmup_time|iterations|repeats):[^/]*|/(real_time|process_time|manual_time)\b")
KINDS = "the JSON of Google Benchmark (--benchmark_out), of staa_network_times or of compare_pytorch.py (--json)"


class BadFile(Exception):
    """A file that holds no measurements; the text says why."""


class Run:
    """All measurements of one side."""

    def __init__(self):
        self.times = {}    # name -> {"fastest" or "real" or "cpu": [microseconds, one per repetition]}
        self.machine = {}  # "machine/fma_peak/threads:1" -> (unit, [rates])
        self.failed = {}   # name -> message
        self.context = {}

    def add(self, name, kind, microseconds):
        self.times.setdefault(name, {}).setdefault(kind, []).append(microseconds)


# ---------------------------------------------------------------- reading
def read(path, run):
    """Adds the measurements of a file."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: is no text; expected {KINDS}") from error
    documents = parse(path, text)
    before = len(run.times) + len(run.failed) + len(run.machine), count(run)
    try:
        for document in documents:
            read_document(path, document, run)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadFile(f"{path}: a measurement has another form than expected ({type(error).__name__}: {error}); "
                      f"expected {KINDS}") from error
    if before == (len(run.times) + len(run.failed) + len(run.machine), count(run)):
        raise BadFile(f"{path}: there is no measurement in it; did the filter select a benchmark?")


def count(run):
    return sum(len(values) for times in run.times.values() for values in times.values())


def parse(path, text):
    """One JSON value, or one per line."""
    if not text.strip():
        raise BadFile(f"{path}: the file is empty; did the run stop early?")
    try:
        return [json.loads(text)]
    except json.JSONDecodeError as whole:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError:
            raise BadFile(f"{path}: is no JSON: line {whole.lineno}, column {whole.colno}: {whole.msg}; expected "
                          f"{KINDS}") from whole


def read_document(path, document, run):
    if isinstance(document, dict) and isinstance(document.get("benchmarks"), list):
        read_google_benchmark(path, document, run)
    elif isinstance(document, dict) and isinstance(document.get("cases"), list):
        for entry in document["cases"]:
            read_network_times(entry, run)
    elif isinstance(document, dict) and "case" in document and "measure" in document:
        read_network_times(document, run)
    else:
        raise BadFile(f'{path}: has neither "benchmarks" nor "cases" nor "case"; expected {KINDS}')


def read_google_benchmark(path, document, run):
    rows = document["benchmarks"]
    single = [row for row in rows if row.get("run_type", "iteration") == "iteration"]
    if rows and not single:
        raise BadFile(f"{path}: has means and no single repetition; run without --benchmark_report_aggregates_only")
    run.context.update(document.get("context", {}))
    for row in single:
        name = TIMING.sub("", row.get("run_name", row["name"]))
        if row.get("error_occurred") or row.get("skipped"):
            run.failed[name] = row.get("error_message") or row.get("skip_message") or "failed"
        elif name.startswith("machine/"):
            unit = "GFLOP/s" if "GFLOP/s" in row else "GB/s"
            run.machine.setdefault(name, (unit, []))[1].append(float(row[unit]))
        else:
            factor = MICROSECONDS[row.get("time_unit", "ns")]
            run.add(name, "real", float(row["real_time"]) * factor)
            run.add(name, "cpu", float(row["cpu_time"]) * factor)
            if "fastest_us" in row:
                run.add(name, "fastest", float(row["fastest_us"]))


def read_network_times(entry, run):
    """One line of staa_network_times, or one entry of compare_pytorch.py: times of one pass, in seconds."""
    name = "/".join(str(entry[key]) for key in ("case", "peer", "measure") if key in entry)
    if "failed" in entry:
        run.failed[name] = str(entry["failed"])
    for seconds in entry.get("seconds", []):
        run.add(name, "real", float(seconds) * 1e6)


# ---------------------------------------------------------------- comparing
class Change:
    """One benchmark on both sides."""

    def __init__(self, name, before, after, noise):
        self.name = name
        self.before, self.after = statistics.median(before), statistics.median(after)
        self.change = self.after / self.before - 1
        self.noise_is_known = min(len(before), len(after)) >= ENOUGH
        self.noise = max(LEAST if self.noise_is_known else noise, spread(before), spread(after))

    @property
    def is_real(self):
        return abs(self.change) > self.noise


def spread(values):
    return (max(values) - min(values)) / statistics.median(values)


def times_of(a, b, name, wanted):
    """The measurements of one benchmark. Where a side has no time of the fastest call, both give the mean real time."""
    kind = wanted if wanted in a.times[name] and wanted in b.times[name] else "real"
    values = a.times[name][kind], b.times[name][kind]
    if not all(0 < value < float("inf") for side in values for value in side):
        raise BadFile(f"{name}: has a time that is not above 0")
    return values


def compare(a, b, options):
    """Changes by size, the largest first."""
    both = [name for name in a.times if name in b.times and name not in a.failed and name not in b.failed]
    changes = [Change(name, *times_of(a, b, name, options.time), options.noise / 100) for name in both]
    return sorted(changes, key=lambda change: -abs(change.change))


# ---------------------------------------------------------------- printing
def time_text(microseconds):
    for unit, factor in (("us", 1.0), ("ms", 1e3)):
        if microseconds < 1000 * factor:
            return f"{microseconds / factor:.2f} {unit}"
    return f"{microseconds / 1e6:.2f} s"


def noise_text(change):
    return f"{change.noise:.1%}" if change.noise_is_known else f"?{change.noise:.1%}"


def print_changes(title, changes, are_shown=True):
    print(f"\n{title}: {len(changes)}" + ("" if are_shown else " (not shown)"))
    for change in changes if are_shown else []:
        print(f"  {change.change:>+8.1%}{noise_text(change):>9}{time_text(change.before):>12}"
              f"{time_text(change.after):>12}   {change.name}")


def print_machine(a, b):
    """Peak and triad of both runs: where they differ, the machine changed."""
    for name in a.machine:
        if name in b.machine:
            unit, before = a.machine[name]
            before, after = statistics.median(before), statistics.median(b.machine[name][1])
            print(f"{name}: {before:.1f} {unit} in A, {after:.1f} {unit} in B ({after / before - 1:+.1%})")
    for key in ("host_name", "num_cpus", "library_build_type"):
        values = [side.context[key] for side in (a, b) if key in side.context]
        if len(values) == 2 and values[0] != values[1]:
            print(f"not the same machine or build: {key} is {values[0]} in A and {values[1]} in B")


def print_names(title, names):
    if names:
        print(f"\n{title}: {len(names)}")
        for name in names:
            print(f"  {name}")


def print_report(a, b, changes, options):
    print_machine(a, b)
    print(f"\n  {'change':>8}{'noise':>9}{'A':>12}{'B':>12}   benchmark")
    print_changes("slower", [change for change in changes if change.is_real and change.change > 0])
    print_changes("faster", [change for change in changes if change.is_real and change.change < 0])
    same = [change for change in changes if not change.is_real]
    print_changes("no change beyond the noise", same, not options.only_changes)
    if any(not change.noise_is_known for change in changes):
        print(f"\n? The noise is unknown, since a side has less than {ENOUGH} measurements: {options.noise:g} % stands for "
              "it (--noise).\n  Run with --benchmark_repetitions=5, or give several files per side.")
    names_of_a, names_of_b = {**a.times, **a.failed}, {**b.times, **b.failed}
    print_names("only in A", [name for name in names_of_a if name not in names_of_b])
    print_names("only in B", [name for name in names_of_b if name not in names_of_a])
    print_names("failed in A", [f"{name}: {why}" for name, why in a.failed.items()])
    print_names("failed in B", [f"{name}: {why}" for name, why in b.failed.items()])


# ---------------------------------------------------------------- main
def percent(text):
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: expected a number of per cent, 0 or more")
    return value


def read_options(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE", help="A.json B.json; with --against: all files of A")
    parser.add_argument("--against", nargs="+", metavar="FILE", help="all files of B")
    parser.add_argument("--noise", type=percent, default=5.0, metavar="PERCENT",
                        help="what stands for the noise where it is unknown; default: %(default)g")
    parser.add_argument("--fail-above", type=percent, metavar="PERCENT",
                        help="exit with 1 if a benchmark is slower by more than the noise and by more than this")
    parser.add_argument("--time", choices=("fastest", "real", "cpu"), default="fastest",
                        help="which time is compared; default: fastest where both sides have it, else real")
    parser.add_argument("--only-changes", action="store_true", help="do not list what did not change")
    options = parser.parse_args(words)
    if options.against is None:
        if len(options.files) != 2:
            parser.error(f"{len(options.files)} file(s) given; expected A.json B.json, or A.. --against B..")
        options.files, options.against = options.files[:1], options.files[1:]
    return options


def main(words):
    options = read_options(words)
    a, b = Run(), Run()
    try:
        for run, paths in ((a, options.files), (b, options.against)):
            for path in paths:
                read(path, run)
        changes = compare(a, b, options)
    except BadFile as error:
        print(f"compare_runs.py: {error}", file=sys.stderr)
        return 2
    print_report(a, b, changes, options)
    if options.fail_above is None:
        return 0
    too_slow = any(change.is_real and 100 * change.change > options.fail_above for change in changes)
    return 1 if too_slow or set(b.failed) - set(a.failed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
