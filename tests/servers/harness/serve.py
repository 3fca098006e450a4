"""serve NAME… -- COMMAND: see README.md."""
import os
import signal
import subprocess
import sys

from harness import catalog, installs, supervision
from harness.lab import CannotStart, Lab

EXIT_SKIPPED = 77
USAGE = """usage: serve [--need-all] NAME[:SETTING=VALUE,…]… -- COMMAND…
       serve --list"""


class Serving:
    """What was started, given and skipped, and the variables that the command gets."""

    def __init__(self, lab):
        self._lab = lab
        self.variables = {}
        self.started, self.given, self.skipped = [], [], {}

    def bring(self, thing):
        if os.environ.get(thing.variable):
            self.given.append(thing.name)
            self.variables[thing.variable] = os.environ[thing.variable]
            return
        try:
            for install in thing.installs:
                reason = install.missing()
                if reason:
                    raise CannotStart(reason)
            for need in getattr(thing, "needs", ()):
                if need in self.skipped:
                    raise CannotStart(f"it needs {need}")
            self.variables.update(thing.start(self._lab, self.variables))
            self.started.append(thing.name)
        except (CannotStart, OSError) as problem:
            self.skipped[thing.name] = str(problem)

    def close_line(self):
        for name, reason in self.skipped.items():
            print(f"serve: skipped {name}: {reason}")
        print(f"serve: {len(self.started)} started, {len(self.given)} given, "
              f"{len(self.skipped)} skipped", flush=True)


def run_command(command, variables):
    """The command's exit status. What asks us to end is passed on to it."""
    environment = {**os.environ, **variables}
    try:
        process = subprocess.Popen(command, env=environment,
                                   preexec_fn=lambda: supervision.die_with_parent(signal.SIGTERM))
    except OSError as problem:
        print(f"serve: cannot run {command[0]}: {problem.strerror}", file=sys.stderr)
        return 127
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: process.send_signal(received))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the command too
    status = process.wait()
    return status if status >= 0 else 128 - status


def parse(arguments, known):
    """(names with settings, command, whether all are needed), or None."""
    if "--" not in arguments:
        return None
    cut = arguments.index("--")
    words, command = arguments[:cut], arguments[cut + 1:]
    need_all = "--need-all" in words
    wanted = {}
    for word in words:
        if word == "--need-all":
            continue
        name, _, settings = word.partition(":")
        wanted[name] = dict(pair.partition("=")[::2] for pair in settings.split(",") if pair)
    for name, settings in wanted.items():
        if name not in known:
            print(f"serve: no such name: {name} (see serve --list)", file=sys.stderr)
            return None
        if settings and not hasattr(known[name], "settings"):
            print(f"serve: {name} has no settings", file=sys.stderr)
            return None
    return (wanted, command, need_all) if wanted and command else None


def stop_on_signal(_number, _frame):
    raise KeyboardInterrupt


def main(arguments):
    known = catalog.everything()
    if arguments == ["--list"]:
        for thing in known.values():
            print(f"{thing.name:22} {thing.variable}")
        return 0
    parsed = parse(arguments, known)
    if not parsed:
        print(USAGE, file=sys.stderr)
        return 2
    wanted, command, need_all = parsed
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_on_signal)
    installs.prefer_new_node()
    lab = Lab()
    serving = Serving(lab)
    try:
        for name in catalog.with_needs(wanted, known):
            if wanted.get(name):
                known[name].settings = wanted[name]
            serving.bring(known[name])
        if need_all and serving.skipped:
            return EXIT_SKIPPED
        return run_command(command, serving.variables)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        lab.close()
        serving.close_line()
