#!/usr/bin/env python3
"""Adds up the JUnit reports of all builds: what was skipped and why, then the closing line.

Usage: count_results.py FOLDER BROKEN_STEPS   Exit: 0 only when nothing failed and something passed.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml


def skips(case):
    """(name, reason) of every GoogleTest case that skipped itself, and of every server or client that
    tests/servers/serve could not have; a ctest test may hold many."""
    lines = [line.strip() for line in (case.findtext("system-out") or "").splitlines()]
    found, reason = [], "no reason given"
    for position, line in enumerate(lines):
        if re.search(r"\.(cc|h):\d+: Skipped", line) and position + 1 < len(lines):
            reason = lines[position + 1] or reason
        match = re.match(r"\[  SKIPPED \] (\S+) \(", line)
        if match:
            found.append((match.group(1), reason))
            reason = "no reason given"
        match = re.match(r"serve: skipped (\S+): (.+)", line)
        if match:
            found.append((f"{case.get('name')}: {match.group(1)}", match.group(2)))
    return found


def failures(case):
    """(name, first words) of every GoogleTest case that failed within a ctest test; a case without
    words is one that crashed or was ended."""
    found, words, running = [], [], None
    for line in (case.findtext("system-out") or "").splitlines():
        match = re.match(r"\[ *(RUN|OK|FAILED|SKIPPED) *\] (\S+)", line)
        if match and match.group(1) == "RUN":
            running, words = match.group(2), []
        elif match:
            if match.group(1) == "FAILED" and running == match.group(2).rstrip(","):
                found.append((running, words))
            running, words = None, []
        elif running is not None and (words or re.search(r"\.(cc|h):\d+: Failure", line)):
            words.append(line)
    if running is not None:
        found.append((running, words or ["ended while this ran"]))
    return [(name, words[:12]) for name, words in found]


def is_only_a_skip(case):
    """True for a ctest test whose one case skipped itself: it passed nothing and failed nothing."""
    output = case.findtext("system-out") or ""
    if case.get("status") == "notrun" and "serve: skipped " in output:
        return True  # the status with which serve says that it did not run its command
    return len(skips(case)) == 1 and "[  PASSED  ] 0 tests." in output and "[  FAILED  ]" not in output


def main():
    folder, broken = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    passed = failed = skipped = 0
    for report in sorted(folder.glob("*.xml")):
        for case in xml.parse(report).getroot().iter("testcase"):
            for name, reason in skips(case):
                skipped += 1
                print(f"skipped {report.stem}: {name}: {reason}")
            if case.find("failure") is not None or case.get("status") == "fail":
                failed += 1
                print(f"FAILED  {report.stem}: {case.get('name')}")
                for name, words in failures(case):
                    print("\n".join([f"        {name}"] + [f"          {word}" for word in words]))
            elif case.get("status") in ("notrun", "disabled") and not is_only_a_skip(case):
                failed += 1
                print(f"FAILED  {report.stem}: {case.get('name')}: did not run")
            elif not is_only_a_skip(case):
                passed += 1
    failed += broken
    if broken:
        print("FAILED  a build, format check or test runner broke; see above")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
