#!/usr/bin/env python3
"""Fails on an include that the dependency diagram in docs/architecture.md forbids.

The diagram is the only list of rules: the block between the markers `rooms:begin` and `rooms:end`
says, for each room, the rooms it may include; that between `libraries:begin` and `libraries:end`, for
headers of libraries and of the system, the rooms that may. Usage: include_rules.py SOURCE_ROOT
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
LIBRARY = re.compile(r"^\s*#\s*include\s+<([^>]*[./][^>]*)>")  # the standard's have neither


def read_rules(document, name):
    text = document.read_text()
    block = text.split(f"{name}:begin", 1)[1].split(f"{name}:end", 1)[0]
    rules = {}
    for line in block.splitlines():
        match = re.match(r"^(\S+)\s*->\s*(.*)$", line.strip())
        if match:
            rules[match.group(1)] = {word for word in re.split(r"[,\s]+", match.group(2)) if word}
    return rules


def room_of(parts):
    """('engines', 'sqlite', 'x.h') -> 'engines/sqlite'; ('io', 'file.h') -> 'io'."""
    if parts[0] in ("engines", "storage", "secrets", "catalog") and len(parts) > 2:
        return parts[0] + "/" + parts[1]
    return parts[0]


def rule_for(room, rules):
    if room in rules:
        return rules[room]
    return rules.get(room.split("/")[0] + "/*")


def may_use(room, header, libraries):
    for beginning, rooms in libraries.items():
        if header.startswith(beginning):
            return room in rooms or room.split("/")[0] + "/*" in rooms
    return False


def check_file(path, room, rules, libraries, problems):
    allowed = rule_for(room, rules)
    if allowed is None:
        problems.append(f"{path}: room '{room}' is not in the diagram of docs/architecture.md")
        return
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        library = LIBRARY.match(line)
        if library and not may_use(room, library.group(1), libraries):
            problems.append(f"{path}:{number}: room '{room}' must not include <{library.group(1)}>")
        match = INCLUDE.match(line)
        if not match:
            continue
        parts = pathlib.PurePosixPath(match.group(1)).parts
        if parts[0] == "dbstow":
            parts = parts[1:]
        target = room_of(parts)
        if target == room:
            continue
        if target.split("/")[0] + "/*" in allowed or target in allowed or "*" in allowed:
            continue
        problems.append(f"{path}:{number}: room '{room}' must not include '{match.group(1)}' (room '{target}')")


def main():
    root = pathlib.Path(sys.argv[1])
    rules = read_rules(root / "docs/architecture.md", "rooms")
    libraries = read_rules(root / "docs/architecture.md", "libraries")
    problems = []
    for base in (root / "src", root / "include/dbstow"):
        for path in sorted(base.rglob("*")):
            if path.suffix not in (".h", ".cc", ".def"):
                continue
            if path.name.endswith("_test.cc"):
                continue  # tests may also use tests/support
            check_file(path, room_of(path.relative_to(base).parts), rules, libraries, problems)
    print("\n".join(problems) if problems else f"include rules hold ({len(rules)} rooms)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
