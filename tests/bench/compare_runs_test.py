# SPDX-License-Identifier: MIT
"""Tests of bench/compare_runs.py: python3 tests/bench/compare_runs_test.py"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "bench" / "compare_runs.py"


def row(name, real_time, **more):
    return {"name": name + "/min_time:0.100/real_time", "run_name": name + "/min_time:0.100/real_time",
            "run_type": "iteration", "real_time": real_time, "cpu_time": real_time, "time_unit": "us", **more}


class CompareRuns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, content):
        """The path of a file with this text, or with this value as JSON."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def benchmarks(self, name, *rows):
        return self.file(name, {"context": {}, "benchmarks": rows})

    def compare(self, *words):
        done = subprocess.run([sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def section(self, output, title):
        """The lines below a heading."""
        below = output.split(f"\n{title}: ", 1)[1]
        return below.split("\n\n", 1)[0]

    def test_medians_are_compared_and_the_largest_effect_is_first(self):
        a = self.benchmarks("a.json", *[row("one", t) for t in (100, 101, 99)], *[row("two", t) for t in (50, 50, 51)],
                            *[row("three", t) for t in (10, 10, 10)], *[row("four", t) for t in (10, 12, 11)])
        b = self.benchmarks("b.json", *[row("one", t) for t in (120, 121, 119)], *[row("two", t) for t in (75, 75, 75)],
                            *[row("three", t) for t in (8, 8, 8)], *[row("four", t) for t in (10, 12, 11.5)])
        code, output, _ = self.compare(a, b)
        self.assertEqual(code, 0)
        slower = self.section(output, "slower").splitlines()
        self.assertEqual([line.split()[-1] for line in slower[1:]], ["two", "one"])
        self.assertIn("+50.0%", slower[1])
        self.assertIn("-20.0%", self.section(output, "faster"))
        self.assertIn("four", self.section(output, "no change beyond the noise"))

    def test_a_change_within_the_spread_is_noise(self):
        a = self.benchmarks("a.json", *[row("one", t) for t in (100, 130, 101)])
        b = self.benchmarks("b.json", *[row("one", t) for t in (120, 121, 119)])
        self.assertEqual(self.compare(a, b, "--fail-above", "5")[0], 0)
        self.assertIn("29.7%", self.section(self.compare(a, b)[1], "no change beyond the noise"))

    def test_without_repetitions_the_noise_is_unknown_and_a_default_stands_for_it(self):
        a, b = self.benchmarks("a.json", row("one", 100)), self.benchmarks("b.json", row("one", 104))
        code, output, _ = self.compare(a, b)
        self.assertIn("?5.0%", self.section(output, "no change beyond the noise"))
        self.assertIn("The noise is unknown", output)
        self.assertIn("?3.0%", self.section(self.compare(a, b, "--noise", "3")[1], "slower"))

    def test_two_measurements_are_too_few_to_know_the_noise(self):
        a = self.benchmarks("a.json", row("one", 100), row("one", 101), row("two", 100), row("two", 120))
        b = self.benchmarks("b.json", row("one", 104), row("one", 104), row("two", 119), row("two", 121))
        same = self.section(self.compare(a, b)[1], "no change beyond the noise")
        self.assertIn("?5.0%", same)
        self.assertIn("?18.2%", same)

    def test_several_files_of_one_side_are_repetitions(self):
        files = [self.benchmarks(f"{i}.json", row("one", t)) for i, t in enumerate((100, 99, 101, 110, 109, 111))]
        code, output, _ = self.compare(*files[:3], "--against", *files[3:], "--fail-above", "5")
        self.assertEqual(code, 1)
        self.assertIn("+10.0%", self.section(output, "slower"))
        self.assertNotIn("unknown", output)

    def test_fail_above_needs_more_than_its_per_cent(self):
        a = self.benchmarks("a.json", *[row("one", 100)] * 3)
        b = self.benchmarks("b.json", *[row("one", 110)] * 3)
        self.assertEqual(self.compare(a, b)[0], 0)
        self.assertEqual(self.compare(a, b, "--fail-above", "9")[0], 1)
        self.assertEqual(self.compare(a, b, "--fail-above", "11")[0], 0)
        self.assertEqual(self.compare(b, a, "--fail-above", "9")[0], 0)

    def test_the_fastest_call_is_compared_where_both_sides_have_it(self):
        a = self.benchmarks("a.json", row("one", 100, fastest_us=90.0), row("two", 100))
        b = self.benchmarks("b.json", row("one", 150, fastest_us=90.0), row("two", 150, fastest_us=100.0))
        slower = self.section(self.compare(a, b)[1], "slower")
        self.assertIn("two", slower)
        self.assertNotIn("one", slower)
        self.assertIn("one", self.section(self.compare(a, b, "--time", "real")[1], "slower"))

    def test_units_are_converted_and_aggregates_are_left_out(self):
        mean = {**row("one", 9), "run_type": "aggregate", "aggregate_name": "mean"}
        a = self.benchmarks("a.json", row("one", 1000), mean)
        b = self.benchmarks("b.json", row("one", 1, time_unit="ms"), mean)
        self.assertIn("+0.0%", self.compare(a, b)[1])

    def test_benchmarks_of_one_file_are_listed(self):
        a = self.benchmarks("a.json", row("one", 1), row("gone", 1))
        b = self.benchmarks("b.json", row("one", 1), row("new", 1))
        output = self.compare(a, b)[1]
        self.assertEqual(self.section(output, "only in A").split(), ["1", "gone"])
        self.assertEqual(self.section(output, "only in B").split(), ["1", "new"])

    def test_a_benchmark_that_fails_in_b_is_listed_and_fails(self):
        a = self.benchmarks("a.json", row("one", 1))
        b = self.benchmarks("b.json", row("one", 1, error_occurred=True, error_message="a layer is silent"))
        code, output, _ = self.compare(a, b, "--fail-above", "5")
        self.assertEqual(code, 1)
        self.assertIn("one: a layer is silent", self.section(output, "failed in B"))

    def test_the_machine_itself_is_shown_and_does_not_fail(self):
        a = self.benchmarks("a.json", row("machine/triad/threads:1", 1, **{"GB/s": 40.0}), row("one", 1))
        b = self.benchmarks("b.json", row("machine/triad/threads:1", 9, **{"GB/s": 30.0}), row("one", 1))
        code, output, _ = self.compare(a, b, "--fail-above", "5")
        self.assertEqual(code, 0)
        self.assertIn("40.0 GB/s in A, 30.0 GB/s in B (-25.0%)", output)

    def test_lines_of_staa_network_times(self):
        line = {"case": "resnet20_staa_t4", "measure": "inference", "seconds": [0.1, 0.1, 0.1]}
        a = self.file("a.json", json.dumps(line) + "\n" + json.dumps({**line, "measure": "training"}) + "\n")
        b = self.file("b.json", {**line, "seconds": [0.2, 0.2, 0.2]})
        output = self.compare(a, b)[1]
        self.assertIn("+100.0%", self.section(output, "slower"))
        self.assertIn("resnet20_staa_t4/training", self.section(output, "only in A"))

    def test_entries_of_compare_pytorch(self):
        entry = {"case": "net", "peer": "staa", "measure": "training", "seconds": [0.1, 0.1]}
        silent = {"case": "net", "peer": "onnxruntime", "measure": "training", "not_measured": "inference only"}
        a = self.file("a.json", {"ratios": {}, "cases": [entry, silent]})
        b = self.file("b.json", {"ratios": {}, "cases": [{**entry, "seconds": [0.05, 0.05]}]})
        self.assertIn("net/staa/training", self.section(self.compare(a, b)[1], "faster"))

    def test_files_that_are_no_such_json_are_refused_with_a_reason(self):
        good = self.benchmarks("good.json", row("one", 1))
        for content, message in (("", "the file is empty"), ("no json", "is no JSON: line 1, column 1"),
                                 ({"other": 1}, 'has neither "benchmarks" nor "cases"'), ([1], "has neither"),
                                 ({"benchmarks": []}, "there is no measurement in it"),
                                 ({"benchmarks": [{"name": "one"}]}, "another form than expected"),
                                 ({"benchmarks": [1]}, "another form than expected"),
                                 ({"benchmarks": [{**row("one", 1), "run_type": "aggregate"}]}, "no single repetition"),
                                 ({"benchmarks": [row("one", 0)]}, "not above 0")):
            code, _, errors = self.compare(good, self.file("bad.json", content))
            self.assertEqual(code, 2, message)
            self.assertIn(message, errors)
            self.assertNotIn("Traceback", errors)
        code, _, errors = self.compare(good, self.folder / "absent.json")
        self.assertEqual(code, 2)
        self.assertIn("absent.json: No such file", errors)

    def test_one_file_is_not_enough(self):
        code, _, errors = self.compare(self.benchmarks("a.json", row("one", 1)))
        self.assertEqual(code, 2)
        self.assertIn("expected A.json B.json", errors)


if __name__ == "__main__":
    unittest.main()
