#!/usr/bin/env python3
"""Keeps README.md's example equal to tests/package/consumer/main.cc. With --check, only compares."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    readme = ROOT / "README.md"
    example = (ROOT / "tests/package/consumer/main.cc").read_text().strip()
    text = readme.read_text()
    wanted = re.sub(r"```cpp\n.*?\n```", lambda _: f"```cpp\n{example}\n```", text, count=1, flags=re.S)
    if "--check" in sys.argv:
        return 0 if wanted == text else print("README.md's example differs; run scripts/readme_example.py") or 1
    readme.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
