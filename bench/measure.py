"""Runs peers side by side: alternating order, several rounds, medians, peak memory, ratios."""
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import time


class Peer:
    """One way of doing the work: a name, a command, what to do before each run, what it stored."""

    def __init__(self, name, command, prepare=None, stored=None, env=None):
        self.name, self.command = name, command
        self.prepare, self.stored, self.env = prepare, stored, env or {}
        self.seconds, self.cpu, self.peak_mib, self.stored_mib = [], [], [], []

    def run(self, log):
        if self.prepare:
            self.prepare()
        os.sync()
        started = time.monotonic()
        child = subprocess.Popen(self.command, stdout=log, stderr=log, env={**os.environ, **self.env},
                                 shell=isinstance(self.command, str))
        _, status, usage = os.wait4(child.pid, 0)
        self.seconds.append(time.monotonic() - started)
        if status != 0:
            raise SystemExit(f"{self.name} failed: {self.command}; see {log.name}")
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.peak_mib.append(usage.ru_maxrss / 1024)
        if self.stored:
            self.stored_mib.append(self.stored() / 2**20)

    def summary(self):
        row = {"name": self.name, "seconds": statistics.median(self.seconds),
               "fastest": min(self.seconds), "slowest": max(self.seconds),
               "cpu_seconds": statistics.median(self.cpu), "peak_mib": max(self.peak_mib)}
        if self.stored_mib:
            row["stored_mib"] = statistics.median(self.stored_mib)
        return row


def side_by_side(title, peers, rounds, log_path):
    """Every round runs every peer once, starting with another one each time."""
    with open(log_path, "a") as log:
        for round_number in range(rounds):
            shift = round_number % len(peers)
            for peer in peers[shift:] + peers[:shift]:
                peer.run(log)
                print(f"  {title} {round_number + 1}/{rounds} {peer.name}: {peer.seconds[-1]:.2f} s",
                      flush=True)
    return {"title": title, "rounds": rounds, "peers": [peer.summary() for peer in peers]}


def table(result):
    """Ours is the first row; the ratio says how many times as long each peer takes."""
    ours = result["peers"][0]
    lines = [f"### {result['title']}", "",
             "| what | median s | fastest–slowest | CPU s | peak MiB | stored MiB | time against ours |",
             "|---|---|---|---|---|---|---|"]
    for row in result["peers"]:
        stored = f"{row['stored_mib']:.1f}" if "stored_mib" in row else ""
        lines.append(f"| {row['name']} | {row['seconds']:.2f} | {row['fastest']:.2f}–{row['slowest']:.2f} | "
                     f"{row['cpu_seconds']:.1f} | {row['peak_mib']:.0f} | {stored} | "
                     f"{row['seconds'] / ours['seconds']:.2f}× |")
    return "\n".join(lines) + "\n"


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} × {cpu}, {platform.system()} {platform.release()}"


def tree_bytes(path):
    return sum(entry.stat().st_size for entry in pathlib.Path(path).rglob("*") if entry.is_file())


def remove_tree(path):
    shutil.rmtree(path, ignore_errors=True)


def write_report(path, results, goals):
    """goals: {title: [(peer, what, wanted ratio)]}; a missed goal is said, not hidden."""
    text = [f"# Benchmark run of {time.strftime('%Y-%m-%d')}", "", f"Machine: {machine()}. "
            "Medians; peers alternate within one run; memory is that of the largest process.", ""]
    for result in results:
        text += [table(result)]
        rows = {row["name"]: row for row in result["peers"]}
        ours = result["peers"][0]
        for peer, wanted in goals.get(result["title"], []):
            if peer not in rows:
                continue
            ratio = rows[peer]["seconds"] / ours["seconds"]
            verdict = "met" if ratio >= wanted else "MISSED"
            text.append(f"- goal: {wanted}× against {peer}: {ratio:.2f}×, {verdict}")
        for limit, mib in result.get("limits_mib", {}).items():
            verdict = "met" if ours["stored_mib"] <= mib else "MISSED"
            text.append(f"- goal: at most {limit} ({mib:.1f} MiB): {ours['stored_mib']:.1f} MiB, {verdict}")
        for row in result["peers"][:1]:
            verdict = "met" if row["peak_mib"] <= 256 else "MISSED"
            text.append(f"- goal: at most 256 MiB of memory: {row['peak_mib']:.0f} MiB, {verdict}")
        text.append("")
    pathlib.Path(path).write_text("\n".join(text))
    pathlib.Path(path).with_suffix(".json").write_text(json.dumps(results, indent=1))
