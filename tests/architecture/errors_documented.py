#!/usr/bin/env python3
"""Fails unless docs/errors.md has one section per error code, in order, with its exit and HTTP status.

Usage: errors_documented.py SOURCE_ROOT
"""
import pathlib
import re
import sys

CODE = re.compile(r'DBSTOW_ERROR\(\w+, "(\w+)", (\d+), (\d+),')
SECTION = re.compile(r"^## (\w+)\nExit (\d+), HTTP (\d+)\.(.*?)(?=^## |\Z)", re.M | re.S)


def main():
    root = pathlib.Path(sys.argv[1])
    codes = CODE.findall((root / "include/dbstow/core/error_codes.def").read_text())
    text = (root / "docs/errors.md").read_text()
    sections = SECTION.findall(text)
    problems = []
    if not codes:
        problems.append("no codes found: has the form of error_codes.def changed?")
    if codes != [section[:3] for section in sections]:
        problems.append(f"the table has {codes},\ndocs/errors.md has {[s[:3] for s in sections]}")
    for name, _, _, body in sections:
        if "\nNext: " not in body:
            problems.append(f"{name}: says no next step")
    if len(re.findall(r"^## ", text, re.M)) != len(sections):
        problems.append("a section of docs/errors.md does not begin with 'Exit N, HTTP N.'")
    print("\n".join(problems) if problems else f"{len(codes)} error codes are documented")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
