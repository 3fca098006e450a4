#!/usr/bin/env python3
"""Adds up the JUnit reports of all builds: what was skipped and why, then the closing line.

Usage: count_results.py FOLDER BROKEN_STEPS   Exit: 0 only when nothing failed and something passed.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml


def reason(case):
    output = case.findtext("system-out") or ""
    lines = [line.strip() for line in output.splitlines()]
    for position, line in enumerate(lines):
        if re.search(r"\.cc:\d+: Skipped", line) and position + 1 < len(lines):
            return lines[position + 1]
    skipped = case.find("skipped")
    return (skipped.get("message") if skipped is not None else "") or "no reason given"


def main():
    folder, broken = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    passed = failed = skipped = 0
    for report in sorted(folder.glob("*.xml")):
        for case in xml.parse(report).getroot().iter("testcase"):
            if case.find("failure") is not None or case.get("status") == "fail":
                failed += 1
                print(f"FAILED  {report.stem}: {case.get('name')}")
            elif case.get("status") in ("notrun", "disabled") or case.find("skipped") is not None:
                skipped += 1
                print(f"skipped {report.stem}: {case.get('name')}: {reason(case)}")
            else:
                passed += 1
    failed += broken
    if broken:
        print("FAILED  a build, format check or test runner broke; see above")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
