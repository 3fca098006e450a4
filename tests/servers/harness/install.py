"""install NAME…: see README.md."""
import concurrent.futures
import os
import sys
import time

from harness import catalog, installs


def install_one(thing):
    """True when everything the thing is made of is there."""
    begin = time.monotonic()
    for _attempt in range(2):  # a registry may fail to answer once
        try:
            for install in thing.installs:
                if install.missing():
                    install.ensure()
            print(f"install: {thing.name} ready ({time.monotonic() - begin:.0f} s)", flush=True)
            return True
        except (installs.InstallFailed, OSError) as problem:
            print(f"install: {thing.name} failed: {problem}", flush=True)
    return False


def main(arguments):
    known = catalog.everything()
    names = list(known) if arguments == ["--all"] else arguments
    unknown = [name for name in names if name not in known]
    if not names or unknown:
        print(f"usage: install NAME…|--all; no such name: {' '.join(unknown)}", file=sys.stderr)
        return 2
    # Half of the time is waiting for the network.
    with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 1) as workers:
        things = [known[name] for name in catalog.with_needs(names, known)]
        results = list(workers.map(install_one, things))
    print(f"install: {results.count(True)} ready, {results.count(False)} failed")
    return 0 if all(results) else 1
