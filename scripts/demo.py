"""The main job on real data; run by scripts/demo. Usage: demo.py DBSTOW_BINARY"""
import glob
import json
import os
import pathlib
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCALE = os.environ.get("DBSTOW_DEMO_SCALE", "1")


def say(text):
    print(f"── {text}", file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Demo:
    """Runs dbstow with --json and keeps one row per step for the closing table."""

    def __init__(self, binary, work):
        self.binary, self.work, self.rows = binary, work, []
        self.env = {**os.environ, "DBSTOW_PASSPHRASE": "a demonstration"}

    def run(self, what, *arguments):
        command = [self.binary, "--repo", f"file://{self.work}/repository", *arguments]
        say("dbstow " + " ".join(arguments).replace(str(self.work), "…"))
        started = time.monotonic()
        done = subprocess.run([*command, "--json"], env=self.env, stdout=subprocess.PIPE, text=True)
        seconds = time.monotonic() - started
        lines = done.stdout.strip().splitlines()
        result = json.loads(lines[-1]) if lines else {}
        if done.returncode != 0:
            # The same command again for people: the error says what to do next.
            print("\n".join(lines), file=sys.stderr)
            raise SystemExit(f"'{what}' failed with exit status {done.returncode}")
        details = result.get("result", result).get("details", {})
        self.rows.append([what, details, seconds])
        return details

    def equal(self, what, *arguments):
        self.run(what, "compare", *arguments)
        self.rows[-1].append("yes")  # any difference is exit status 6, which run() does not survive


class Postgres:
    """A private cluster in the demo's folder."""

    def __init__(self, work):
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"))
        self.data = work / "pgdata"
        self.data.mkdir(mode=0o700)
        self.port = str(free_port())
        self.user = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.data, owner.pw_uid, owner.pw_gid)
            self.user = ["runuser", "-u", "postgres", "--"]

    def start(self):
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
        subprocess.run([*self.user, f"{self.bin}/initdb", "-D", self.data, "-U", "postgres", "--auth=trust",
                        "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"], **quiet)
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        subprocess.run([*self.user, f"{self.bin}/pg_ctl", "-D", self.data, "-w", "-l", f"{self.data}/server.log",
                        "-o", options, "start"], **quiet)
        os.environ.update(PGHOST="127.0.0.1", PGPORT=self.port, PGUSER="postgres")

    def stop(self):
        subprocess.run([*self.user, f"{self.bin}/pg_ctl", "-D", self.data, "-m", "immediate", "stop"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    def query(self, database, sql):
        return subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def uri(self, database):
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"


class Writers:
    """Writes to both databases until told to stop; counts what was committed."""

    def __init__(self, database, file):
        self.stopped, self.committed = threading.Event(), {"PostgreSQL": 0, "SQLite": 0}
        self.threads = [threading.Thread(target=self.write_postgres, args=(database,)),
                        threading.Thread(target=self.write_sqlite, args=(file,))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        while min(self.committed.values()) == 0 and all(thread.is_alive() for thread in self.threads):
            time.sleep(0.01)
        return self

    def __exit__(self, *unused):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def write_postgres(self, database):
        shell = subprocess.Popen(["psql", "-XqAt", "-d", database], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 text=True)
        number = 0
        while not self.stopped.wait(0.005):
            number += 1
            shell.stdin.write(
                "BEGIN; INSERT INTO shop.orders (customer_id, placed, total) VALUES (1 + {0} % 20, '2024-05-05', {0});"
                "UPDATE shop.customers SET balance = balance + 1 WHERE id = 1 + {0} % 20;"
                "UPDATE shop.orders SET state = 'paid' WHERE id = {0}; COMMIT;\n".format(number))
            shell.stdin.flush()
            self.committed["PostgreSQL"] = number
        shell.stdin.close()
        shell.wait()

    def write_sqlite(self, file):
        database = sqlite3.connect(file, timeout=30)
        number = 0
        while not self.stopped.wait(0.005):
            number += 1
            with database:
                database.execute("UPDATE account SET balance = balance - 1 WHERE id = ?", (1 + number % 900,))
                database.execute("UPDATE account SET balance = balance + 1 WHERE id = ?", (1 + number * 7 % 900,))
                database.execute("INSERT INTO journal(note) VALUES (?)", (f"transfer {number}",))
            self.committed["SQLite"] = number
        database.close()


def make_sqlite(file):
    rows = int(500000 * float(SCALE))
    database = sqlite3.connect(file)
    database.executescript(f"""
        PRAGMA journal_mode = WAL;
        CREATE TABLE account(id INTEGER PRIMARY KEY, name TEXT, balance INT NOT NULL);
        CREATE TABLE journal(id INTEGER PRIMARY KEY, note TEXT);
        CREATE TABLE purchase(id INTEGER PRIMARY KEY, account INT, amount REAL, what TEXT, receipt BLOB);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
          INSERT INTO account SELECT i, 'customer ' || i, 1000 FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
          INSERT INTO purchase SELECT i, 1 + i % 1000, i * 0.37, 'item ' || (i * 7919 % 10007), randomblob(90) FROM n;
        CREATE INDEX purchase_account ON purchase(account);""")
    database.close()


def ledger_sum(file):
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    total = database.execute("SELECT sum(balance) FROM account").fetchone()[0]
    database.close()
    return total


def megabytes(details, *names):
    for name in names:
        if details.get(name, "").isdigit():
            return f"{int(details[name]) / 1e6:.1f}"
    return ""


def print_table(rows):
    table = [["what was done", "MB read or written", "MB stored", "seconds", "equal"]]
    for what, details, seconds, *equal in rows:
        table.append([what, megabytes(details, "bytes_read", "bytes_written", "bytes_copied"),
                      megabytes(details, "bytes_stored"), f"{seconds:.1f}", equal[0] if equal else ""])
    widths = [max(len(row[column]) for row in table) for column in range(5)]
    for number, row in enumerate(table):
        print("  ".join(cell.ljust(width) if not column else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths))).rstrip())
        if number == 0:
            print("  ".join("─" * width for width in widths))


def show(demo, postgres, work):
    file = work / "app.db"
    lite = f"sqlite://{file}"
    say(f"making a shop of realistic data at scale {SCALE}")
    subprocess.run(["createdb", "shop"], check=True)
    subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-v", f"scale={SCALE}", "-d", "shop", "-f",
                    ROOT / "tests/data/shop.sql"], check=True, stdout=subprocess.DEVNULL)
    make_sqlite(file)
    size = int(postgres.query("shop", "SELECT pg_database_size(current_database())"))
    say(f"PostgreSQL {size / 1e6:.0f} MB, SQLite {file.stat().st_size / 1e6:.0f} MB")

    with Writers("shop", file) as writers:
        before = dict(writers.committed)
        shop = demo.run("PostgreSQL: backup under writes", "backup", postgres.uri("shop"), "--type", "logical")
        app = demo.run("SQLite: backup under writes", "backup", lite)
        demo.run("SQLite: second backup under writes", "backup", lite)
        committed = {name: number - before[name] for name, number in writers.committed.items()}
    say(f"meanwhile {committed['PostgreSQL']} PostgreSQL and {committed['SQLite']} SQLite transactions committed")
    if min(committed.values()) == 0:
        raise SystemExit("a writer did not write: this was no backup under load")

    demo.run("PostgreSQL: restore", "restore", postgres.uri("shop"), "--from", shop["backup_id"], "--target",
             "shop_restored")
    demo.equal("PostgreSQL: restored = what was backed up", shop["backup_id"], postgres.uri("shop_restored"))
    demo.run("PostgreSQL: clone", "clone", postgres.uri("shop"), "--target", "shop_clone")
    demo.equal("PostgreSQL: clone = original", postgres.uri("shop"), postgres.uri("shop_clone"))
    demo.run("SQLite: restore", "restore", lite, "--from", app["backup_id"], "--target", str(work / "restored.db"))
    demo.equal("SQLite: restored = what was backed up", app["backup_id"], f"sqlite://{work}/restored.db")
    if ledger_sum(work / "restored.db") != 1000 * 1000:
        raise SystemExit("the restored ledger does not balance: not a consistent state")
    demo.run("SQLite: clone", "clone", lite, "--target", str(work / "clone.db"))
    demo.equal("SQLite: clone = original", lite, f"sqlite://{work}/clone.db")
    demo.run("PostgreSQL: proven by a real restore", "verify", shop["backup_id"], "--level", "3",
             "--instance", postgres.uri("shop"))
    demo.rows[-1].append("yes")
    demo.run("SQLite: proven by a real restore", "verify", app["backup_id"], "--level", "3", "--instance", lite)
    demo.rows[-1].append("yes")
    print_table(demo.rows)


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="dbstow-demo-"))
    work.chmod(0o711)
    os.environ["DBSTOW_STATE_DIR"] = str(work / "state")
    postgres = Postgres(work)
    try:
        postgres.start()
        show(Demo(sys.argv[1], work), postgres, work)
    finally:
        postgres.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
