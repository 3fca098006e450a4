#!/usr/bin/env python3
"""scripts/count_results.py: what `serve` skips is counted by name, and a skip hides no failure."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

COUNT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "count_results.py"
SKIPPED = "serve: skipped moto: not installed\nserve: 1 started, 0 given, 1 skipped\n"


def case(name, status, output=""):
    return f'<testcase name="{name}" status="{status}"><system-out>{output}</system-out></testcase>'


def count(*cases):
    """(last line, exit status, everything printed)"""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "servers.xml"
        report.write_text(f"<testsuite>{''.join(cases)}</testsuite>", encoding="utf-8")
        done = subprocess.run([sys.executable, COUNT, folder, "0"], check=False, capture_output=True, text=True)
    return done.stdout.splitlines()[-1], done.returncode, done.stdout


class CountResults(unittest.TestCase):
    def test_a_server_that_is_not_there_is_a_skip_with_its_reason(self):
        line, status, output = count(case("a", "run"), case("servers.moto", "notrun", SKIPPED))
        self.assertEqual((line, status), ("1 passed, 0 failed, 1 skipped", 0))
        self.assertIn("skipped servers: servers.moto: moto: not installed", output)

    def test_a_test_that_ran_with_what_there_was_passed_and_skipped(self):
        self.assertEqual(count(case("a", "run", SKIPPED))[:2], ("1 passed, 0 failed, 1 skipped", 0))

    def test_a_test_that_did_not_run_and_does_not_say_why_failed(self):
        self.assertEqual(count(case("a", "run"), case("b", "notrun"))[:2], ("1 passed, 1 failed, 0 skipped", 1))

    def test_a_failed_test_that_skipped_something_failed(self):
        self.assertEqual(count(case("a", "fail", SKIPPED))[:2], ("0 passed, 1 failed, 1 skipped", 1))

    def test_a_failed_program_is_told_by_its_cases(self):
        said = (
            "[ RUN      ] A.Fine\n[       OK ] A.Fine (1 ms)\n[ RUN      ] A.Bad\nx.cc:12: Failure\nno answer\n"
            "[  FAILED  ] A.Bad, where GetParam() = 3 (4 ms)\n[ RUN      ] A.Last\n"
        )
        lines = [line.strip() for line in count(case("all", "fail", said))[2].splitlines()]
        told = ["FAILED  servers: all", "A.Bad", "x.cc:12: Failure", "no answer", "A.Last", "ended while this ran"]
        self.assertEqual(lines[:-1], told)


if __name__ == "__main__":
    unittest.main()
