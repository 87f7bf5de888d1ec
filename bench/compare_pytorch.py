# SPDX-License-Identifier: MIT
"""Times this library beside PyTorch, SpikingJelly, ONNX Runtime and OpenVINO, in one run on one machine:

    cmake --preset release && cmake --build --preset release --target staa_network_times
    pip install torch numpy spikingjelly onnx onnxruntime openvino
    python3 bench/compare_pytorch.py [--data cifar-10-batches-bin] [--json FILE]

For each case the PyTorch model of the parity tests (tests/reference/staa_reference.py) takes some steps of SGD. Then
every peer gets those weights and the same 16 images of 3x32x32, T = 4. Training is zero gradients, forward, cross
entropy and backward, without the optimiser's step and without dropped time steps. Every measurement has a process of
its own. OMP_WAIT_POLICY is not set there: where threads sleep while they wait, PyTorch's many small operations take 1.7
times as long.

The memory of a training step is the peak of the process less what it held before the network was built. The code of a
library does not count. The exit code is 2 if PyTorch or the program is not there. It is 1 if this library could not be
measured, gives other answers than PyTorch, or the trained network is silent.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent / "build" / "release" / "bench" / "staa_network_times"
CASES = ("resnet20_staa_t4", "resnet20_lif_t4", "resnet20_w16_staa_t4", "vgg13_staa_t4")
MEASURES = ("inference", "training")
BATCH, CLASSES = 16, 10
TITLES = {"staa": "staa", "pytorch": "PyTorch, eager", "pytorch_compiled": "PyTorch, torch.compile",
          "spikingjelly": "SpikingJelly", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
UNSTEADY = 1.3  # a repeat that takes longer than this multiple of the fastest is reported
LONGEST_SECONDS = 3600  # a measurement that takes longer has failed


def why_not_measured(case, peer, measure, without):
    """Why a peer is not measured; None where it is."""
    if peer in without:
        return f"left out: --without {peer}"
    if peer == "spikingjelly" and case != "resnet20_lif_t4":
        return "SpikingJelly has no neuron with the paper's attention: only the LIF case can be compared"
    if peer in ("onnxruntime", "openvino") and measure == "training":
        return f"{TITLES[peer]} is measured in inference only"
    return None


# ---------------------------------------------------------------- one measurement
def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def environment(threads):
    """The environment of a measurement, with this number of threads. How they wait is the choice of each peer."""
    others = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    return {**others, "OMP_NUM_THREADS": str(threads)}


def run(command, threads):
    """The JSON that a process prints as its last line, or {"missing": ..} or {"failed": ..}."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=LONGEST_SECONDS,
                              env=environment(threads))
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {LONGEST_SECONDS} s"}
    if done.returncode == 0 or done.returncode == 3:
        return json.loads(last_line(done.stdout))
    return {"failed": last_line(done.stderr) or f"exit code {done.returncode}"}


def run_peer(peer, case, folder, options, *more):
    return run([sys.executable, HERE / "compare_peer.py", peer, case, folder, "--threads", options.threads,
                "--repeats", options.repeats, "--seconds", options.seconds, *more], options.threads)


def run_staa(case, folder, options, measure):
    return run([options.program, "--network", case, "--measure", measure, "--weights", folder / "weights.safetensors",
                "--batch", folder / "batch.safetensors", "--threads", options.threads, "--repeats", options.repeats,
                "--seconds", options.seconds], options.threads)


def agreement(logits, reference):
    """How far the answers of a peer are from PyTorch's. Rounding may flip a spike, but it changes few answers."""
    def classes(values):
        rows = [values[i:i + CLASSES] for i in range(0, len(values), CLASSES)]
        return [row.index(max(row)) for row in rows]

    same = sum(a == b for a, b in zip(classes(logits), classes(reference)))
    return {"same_answers": same / (len(reference) / CLASSES),
            "largest_difference": max(abs(a - b) for a, b in zip(logits, reference)),
            "largest_logit": max(abs(value) for value in reference)}


def measure_one(peer, case, measure, folder, options, reference):
    """An entry of the JSON's "cases"."""
    entry = {"case": case, "peer": peer, "measure": measure, "threads": options.threads, "images": BATCH}
    reason = why_not_measured(case, peer, measure, options.without)
    if reason:
        return {**entry, "not_measured": reason}
    found = (run_staa(case, folder, options, measure) if peer == "staa" else
             run_peer(peer, case, folder, options, "--measure", measure))
    if "logits" in found:
        found["against_pytorch"] = agreement(found.pop("logits"), reference["logits"])
    return {**entry, **found}


def joined(rounds):
    """One entry for all rounds of a peer: the round that failed, if one did. The answers are those of the round that
    is furthest from PyTorch."""
    failed = next((entry for entry in rounds if "seconds" not in entry), None)
    if failed:
        return failed
    found = dict(max(rounds, key=lambda entry: entry.get("against_pytorch", {}).get("largest_difference", 0)))
    found["seconds"] = [seconds for entry in rounds for seconds in entry["seconds"]]
    found["median_seconds"] = statistics.median(found["seconds"])
    found["minimum_seconds"] = min(found["seconds"])
    found["images_per_s"] = BATCH / found["median_seconds"]
    found["memory_mib"] = found["resident_peak_mib"] - found["resident_before_mib"]
    return found


# ---------------------------------------------------------------- ratios
def ratios(entries):
    """This library's figures over those of the fastest peer. What could not be measured is left out."""
    def value(peer, measure, field):
        return next((entry.get(field) for entry in entries
                     if entry["peer"] == peer and entry["measure"] == measure), None)

    def over(peers, measure):
        ours = value("staa", measure, "images_per_s")
        theirs = [speed for peer in peers if (speed := value(peer, measure, "images_per_s"))]
        return ours / max(theirs) if ours and theirs else None

    of_pytorch = ("pytorch", "pytorch_compiled")
    of_all = [peer for peer in TITLES if peer != "staa"]
    found = {"inference": over(of_pytorch, "inference"), "training": over(of_pytorch, "training"),
             "inference_of_all_peers": over(of_all, "inference"), "training_of_all_peers": over(of_all, "training")}
    memory = [value(peer, "training", "memory_mib") for peer in ("pytorch", "staa")]
    found["training_memory"] = memory[0] / memory[1] if all(memory) else None
    return {name: round(ratio, 3) for name, ratio in found.items() if ratio}


# ---------------------------------------------------------------- what is printed
def how_to_install(missing):
    return f"{missing}" if " " in missing else f"{missing} is not installed: pip install {missing}"


def remark(entry):
    """Why an entry has no figure; None if it has one."""
    if "missing" in entry:
        return how_to_install(entry["missing"])
    return entry.get("not_measured") or (f"failed: {entry['failed']}" if "failed" in entry else None)


def rate_text(rates):
    return f"mean {statistics.mean(rates):.1%}, layers {min(rates):.1%} to {max(rates):.1%}"


def unsteady(entries):
    """A text for each measurement that other work on the machine disturbed."""
    for entry in entries:
        spread = max(entry["seconds"]) / min(entry["seconds"]) if "seconds" in entry else 1
        if spread > UNSTEADY:
            yield f"{TITLES[entry['peer']]}, {entry['measure']}: the slowest repeat took {spread:.1f} times the fastest"


def print_case(case, reference, entries, found):
    """Prints the table of one case: one row per peer, with footnotes for figures that are missing."""
    by_peer = {peer: {entry["measure"]: entry for entry in entries if entry["peer"] == peer} for peer in TITLES}
    print(f"\n{case}\n  trained: loss {reference['losses'][0]:.2f} to {reference['losses'][-1]:.2f} in "
          f"{len(reference['losses'])} steps of SGD\n  firing rates, PyTorch: "
          f"{rate_text(list(reference['firing_rates'].values()))}")
    if by_peer["staa"]["inference"].get("firing_rates"):
        print(f"  firing rates, staa:    {rate_text(by_peer['staa']['inference']['firing_rates'])}")
    print(f"  {'':24}{'inference':>14}{'training':>14}{'memory of a':>14}{'same':>9}{'largest':>12}\n"
          f"  {'':24}{'images/s':>14}{'images/s':>14}{'step, MiB':>14}{'answers':>9}{'difference':>12}")
    notes = []

    def cell(entry, field, form):
        if field in entry:
            return format(entry[field], form)
        if remark(entry) not in notes:
            notes.append(remark(entry))
        return f"- ({notes.index(remark(entry)) + 1})"

    for peer, title in TITLES.items():
        inference, training = by_peer[peer]["inference"], by_peer[peer]["training"]
        against = inference.get("against_pytorch")
        print(f"  {title:24}{cell(inference, 'images_per_s', '.1f'):>14}{cell(training, 'images_per_s', '.1f'):>14}"
              f"{cell(training, 'memory_mib', '.0f'):>14}" +
              (f"{against['same_answers']:>9.0%}{against['largest_difference']:>12.1e}" if against else ""))
    for number, note in enumerate(notes, 1):
        print(f"  ({number}) {note}")
    for disturbed in unsteady(entries):
        print(f"  unsteady: {disturbed}")
    ratio_texts = [f"{name} {ratio:.2f}" for name, ratio in found.items()]
    print("  ratios: " + (", ".join(ratio_texts) or "none"), flush=True)


def silent_layers(reference):
    return [name for name, rate in reference["firing_rates"].items() if rate < 1e-3]


def problems(case, reference, entries):
    """A text for each reason why the comparison does not count."""
    silent = silent_layers(reference)
    if silent:
        yield (f"{case}: a silent network is no benchmark, so it has no ratios: less than 0.1 % fire in "
               f"{', '.join(silent)}; train for more --train-steps")
    for entry in entries:
        if entry["peer"] == "staa" and remark(entry):
            yield f"{case}, staa, {entry['measure']}: {remark(entry)}"
        against = entry.get("against_pytorch")
        if against and (against["same_answers"] < 0.9 or
                        against["largest_difference"] > 0.1 * against["largest_logit"]):
            yield (f"{case}, {TITLES[entry['peer']]}: gives other answers: {against['same_answers']:.0%} of the "
                   f"answers are PyTorch's, logits differ by up to {against['largest_difference']:.2g} of "
                   f"{against['largest_logit']:.2g}")


# ---------------------------------------------------------------- all cases
def compare(case, options):
    """Trains, measures and prints one case. Gives its ratios, the entries of all measurements, and its problems."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        more = ["--train-steps", options.train_steps] + (["--data", options.data] if options.data else [])
        reference = run_peer("prepare", case, folder, options, *more)
        if remark(reference):
            print(f"compare_pytorch.py: {case}: the oracle could not be trained: {remark(reference)}", file=sys.stderr)
            sys.exit(2 if "missing" in reference else 1)
        rounds = {(peer, measure): [] for peer in TITLES for measure in MEASURES}
        for number in range(options.rounds):
            for (peer, measure), taken in rounds.items():
                print(f"  {case}, round {number + 1}: {TITLES[peer]}, {measure} ..", file=sys.stderr, flush=True)
                taken.append(measure_one(peer, case, measure, folder, options, reference))
        entries = [joined(taken) for taken in rounds.values()]
    found = {} if silent_layers(reference) else ratios(entries)
    print_case(case, reference, entries, found)
    trained = {"case": case, "peer": "pytorch", "measure": "trained network", "losses": reference["losses"],
               "firing_rates": reference["firing_rates"]}
    return found, [trained, *entries], list(problems(case, reference, entries))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=CASES, help="may be given several times; default: all cases")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5, help="number of measurements; their median counts")
    parser.add_argument("--rounds", type=int, default=1,
                        help="how often all peers are measured in turns: a shared machine changes its speed for "
                        "minutes, and turns spread such a change over all peers")
    parser.add_argument("--seconds", type=float, default=0.5, help="shortest time of a measurement")
    parser.add_argument("--train-steps", type=int, default=100, help="steps of SGD before anything is timed")
    parser.add_argument("--data", help="folder of CIFAR-10's binary version; default: patterns with noise")
    parser.add_argument("--without", action="append", default=[], choices=[peer for peer in TITLES if peer != "staa"],
                        help="a peer to leave out, for example pytorch_compiled, which compiles for minutes")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="file for the ratios and every measurement")
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM, help="default: %(default)s")
    options = parser.parse_args()
    for name in ("threads", "repeats", "rounds", "train_steps"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} {getattr(options, name)}: expected a whole number above 0")
    return options


def main():
    options = read_options()
    if not options.program.is_file():
        print(f"compare_pytorch.py: no such program: {options.program}; build it with\n    cmake --preset release && "
              "cmake --build --preset release --target staa_network_times", file=sys.stderr)
        return 2
    print(f"{BATCH} images of 3x32x32 per pass, T = 4, {options.threads} threads, medians of "
          f"{options.rounds * options.repeats}; images: "
          + (f"CIFAR-10 in {options.data}" if options.data else "a smooth pattern per class, with noise"),
          flush=True)
    result, found_problems = {"ratios": {}, "cases": []}, []
    for case in options.case or CASES:
        result["ratios"][case], entries, case_problems = compare(case, options)
        result["cases"] += entries
        found_problems += case_problems
        if options.json:  # after each case, so that a stopped run keeps its finished cases
            options.json.write_text(json.dumps(result, indent=1) + "\n")
    versions = {entry["version"]: None for entry in result["cases"] if "version" in entry}
    print("\n" + ", ".join(versions))
    for problem in found_problems:
        print(f"compare_pytorch.py: {problem}", file=sys.stderr)
    return 1 if found_problems else 0


if __name__ == "__main__":
    sys.exit(main())
