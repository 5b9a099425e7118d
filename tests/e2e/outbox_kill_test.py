#!/usr/bin/env python3
"""outbox_kill_test.py - hosts are killed hundreds of times, and no ticket is lost, doubled or out of order.

    outbox_kill_test.py HOOK_DRIVER [KILLS]

Two drivers (hook_driver.c) share one outbox: they open tickets, say of each when a visitor was told
that it is stored, and deliver to a webhook, until they are killed with SIGKILL at a random moment
and started again. The webhook is this program: it answers late, with errors, breaks connections and
loses its own replies after it took a ticket; it takes each idempotency key once, into a journal.
In the end what is left is delivered, and checked:

    every ticket that a visitor was told of was taken, once, as it was written
    nothing was taken that was not begun
    within a conversation tickets were taken in the order of their numbers
    every request was signed

The seed is printed; it repeats the decisions of this program, not those of the scheduler.
"""

import hashlib
import hmac
import http.server
import os
import random
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

SECRET = b"kill test"
SLOTS = 2


class Receiver:
    """What was taken, in order; and what was refused because it was known."""

    def __init__(self, journal_path: str, seed: int):
        self.lock = threading.Lock()
        self.random = random.Random(seed)
        self.journal = open(journal_path, "ab", buffering=0)
        self.taken: dict[str, bytes] = {}  # in the order of taking
        self.requests = self.duplicates = self.different = self.unsigned = 0
        self.faults: dict[str, int] = {}

    def take(self, key: str, body: bytes) -> bool:
        """False if the key is known."""
        with self.lock:
            if key in self.taken:
                self.duplicates += 1
                self.different += self.taken[key] != body
                return False
            self.journal.write(key.encode() + b" " + body + b"\n")
            os.fsync(self.journal.fileno())
            self.taken[key] = body
            return True

    def fault(self) -> str:
        """What goes wrong with the next request; "" for nothing."""
        with self.lock:
            self.requests += 1
            kind = self.random.choices(
                ["", "error before", "error after", "reset before", "reset after", "late before",
                 "late after", "wait"],
                [60, 8, 8, 6, 8, 3, 4, 1])[0]
            self.faults[kind] = self.faults.get(kind, 0) + 1
            return kind


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def log_message(self, *_):
        pass

    def reply(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def do_POST(self) -> None:
        receiver = self.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind, stamp, signature = (self.headers[name] for name in
                                  ("Content-Type", "X-Jieda-Timestamp", "X-Jieda-Signature"))
        wanted = "v1=" + hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if signature != wanted or kind != "application/json" or abs(time.time() - int(stamp)) > 60:
            receiver.unsigned += 1
        fault = receiver.fault()
        if fault == "late before":
            time.sleep(0.1)  # longer than the sender waits; it is taken all the same
        if fault == "error before":
            return self.reply(500)
        if fault == "wait":
            return self.reply(503, ("Retry-After", "1"))
        if fault == "reset before":
            return self.reset()
        new = receiver.take(self.headers["Idempotency-Key"], body)
        if fault == "late after":
            time.sleep(0.1)
        if fault == "error after":
            return self.reply(500)
        if fault == "reset after":
            return self.reset()
        return self.reply(200 if new else 409)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            pass  # the other end was killed


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


class Slot:
    """One driver at a time, its control file, and what it has told."""

    def __init__(self, number: int, folder: str, command: list[str], seed: int):
        self.number = number
        self.command = command
        self.control = os.path.join(folder, f"control{number}")
        self.random = random.Random(seed + number + 1)
        self.begun: dict[str, bytes] = {}
        self.told: set[str] = set()
        self.read_until = 0
        self.kills = self.interrupted = 0
        self.failures: list[str] = []
        open(self.control, "wb").close()

    def read_control(self) -> int:
        """Reads what is new; the number of the first ticket of which nobody was told."""
        with open(self.control, "rb") as file:
            file.seek(self.read_until)
            new = file.read()
        self.read_until += len(new)
        for line in new.splitlines():
            word, key, *rest = line.split(b" ", 2)
            if word == b"begin":
                if self.begun.setdefault(key.decode(), rest[0]) != rest[0]:
                    self.failures.append(f"the driver changed {key!r}")
            else:
                self.told.add(key.decode())
        return len(self.told) + 1

    def run(self, kills: int) -> None:
        delay = 0.2  # until a driver is at work; follows what is measured
        for _ in range(kills):
            first = self.read_control()
            self.interrupted += f"s{self.number}-{first}" in self.begun
            size = os.path.getsize(self.control)
            started = time.monotonic()
            process = subprocess.Popen(self.command + ["run", self.control, str(self.number),
                                                       str(first)])
            if self.random.random() < 0.15:  # while it starts and recovers
                time.sleep(self.random.random() * delay)
            else:
                while os.path.getsize(self.control) == size and process.poll() is None:
                    time.sleep(0.001)
                delay = 0.8 * delay + 0.2 * (time.monotonic() - started)
                time.sleep(self.random.random() * 0.06)
            process.kill()
            if process.wait() == -9:
                self.kills += 1
            else:
                self.failures.append(f"a driver ended by itself: {process.returncode}")
                return
        self.read_control()


def check(slots: list[Slot], receiver: Receiver, outbox: str) -> list[str]:
    failures = [failure for slot in slots for failure in slot.failures]
    begun = {key: body for slot in slots for key, body in slot.begun.items()}
    told = {key for slot in slots for key in slot.told}

    failures += [f"{key}: a visitor was told of it, and it did not arrive"
                 for key in sorted(told - receiver.taken.keys())]
    last: dict[bytes, int] = {}
    for key, body in receiver.taken.items():
        if begun.get(key) != body:
            failures.append(f"{key}: arrived as {body!r}, and was written as {begun.get(key)!r}")
        conversation, number = re.match(rb'{"conversation":"([^"]*)","number":(\d+)', body).groups()
        if int(number) <= last.get(conversation, 0):
            failures.append(f"{key}: taken after number {last[conversation]}")
        last[conversation] = int(number)
    if receiver.different:
        failures.append(f"{receiver.different} keys came with different bodies")
    if receiver.unsigned:
        failures.append(f"{receiver.unsigned} requests were not signed as documented")
    if receiver.duplicates == 0:
        failures.append("no key came twice, so this run has proved nothing")
    with sqlite3.connect(outbox) as db:
        state = db.execute("PRAGMA integrity_check").fetchone()[0]
        rows = dict(db.execute("SELECT state, count(*) FROM item GROUP BY state"))
    if state != "ok":
        failures.append(f"the outbox is damaged: {state}")
    if rows != {2: len(receiver.taken)}:
        failures.append(f"the outbox has {rows}, and {len(receiver.taken)} were taken")
    return failures


def main() -> int:
    driver, kills = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 320
    seed = int(os.environ.get("JIEDA_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        receiver = Handler.receiver = Receiver(os.path.join(folder, "journal"), seed)
        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        outbox = os.path.join(folder, "outbox")
        command = [driver, outbox, f"http://127.0.0.1:{server.server_address[1]}/tickets"]
        slots = [Slot(n, folder, command, seed) for n in range(SLOTS)]
        threads = [threading.Thread(target=slot.run, args=(kills // SLOTS,)) for slot in slots]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        killed = time.monotonic()
        drains = [subprocess.Popen(command + ["drain"]) for _ in range(SLOTS)]
        failures = []
        for drain in drains:
            try:
                drain.wait(timeout=60)
            except subprocess.TimeoutExpired:
                drain.kill()
            if drain.wait() != 0:
                failures.append("what was left could not be delivered")
        failures += check(slots, receiver, outbox)
        ended = time.monotonic()
        print(f"kills {sum(slot.kills for slot in slots)}, "
              f"within a put {sum(slot.interrupted for slot in slots)}, "
              f"tickets told {sum(len(slot.told) for slot in slots)}, "
              f"taken {len(receiver.taken)}, requests {receiver.requests}, "
              f"refused by key {receiver.duplicates}")
        print("faults: " + ", ".join(f"{count} {kind or 'none'}"
                                     for kind, count in sorted(receiver.faults.items())))
        print(f"{killed - started:.1f} s of killing, {ended - killed:.1f} s to deliver the rest")
        server.shutdown()
    for failure in failures[:20]:
        print(f"FAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
