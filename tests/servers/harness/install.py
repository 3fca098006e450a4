"""install NAME…: see README.md."""
import resource
import sys
import time

from harness import catalog, installs


def spent():
    """(wall, processor) seconds so far, the latter of the installers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic(), used.ru_utime + used.ru_stime


def install_one(thing):
    """True when everything the thing is made of is there."""
    begin = spent()
    try:
        for install in thing.installs:
            if install.missing():
                install.ensure()
    except (installs.InstallFailed, OSError) as problem:
        print(f"install: {thing.name} failed: {problem}", flush=True)
        return False
    wall, processor = (after - before for after, before in zip(spent(), begin))
    print(f"install: {thing.name} ready ({wall:.0f} s, {processor:.0f} s of processor)", flush=True)
    return True


def main(arguments):
    known = catalog.everything()
    names = list(known) if arguments == ["--all"] else arguments
    unknown = [name for name in names if name not in known]
    if not names or unknown:
        print(f"usage: install NAME…|--all; no such name: {' '.join(unknown)}", file=sys.stderr)
        return 2
    results = [install_one(known[name]) for name in catalog.with_needs(names, known)]
    print(f"install: {results.count(True)} ready, {results.count(False)} failed")
    return 0 if all(results) else 1
