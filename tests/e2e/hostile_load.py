# SPDX-License-Identifier: BSD-2-Clause
"""One client's small downloads while another's bodies attack the jobs that search them.

hostile_load.py HOST QUIET-ADDRESS ATTACKER-ADDRESS ROUNDS SECONDS ACT...

In turns: SECONDS alone, SECONDS beside four connections that upload one deadly body after the other
("HOSTILE:act", each with bytes of its own), then a rest until the last of their jobs is gone. Small
downloads are /own/small/N.txt, each its own. Printed for each round: p50 and p99 alone and beside,
in microseconds, how many beside, how many deadly bodies were answered, and how many of both not as
they should be."""
import http.client
import itertools
import sys
import threading
import time

host, quiet, attacker, rounds, seconds = sys.argv[1:4] + [int(sys.argv[4]), float(sys.argv[5])]
acts = sys.argv[6:]
number, rest = itertools.count(1), 1.0
wrong = 0


def connect(source):
    return http.client.HTTPConnection(host, timeout=30, source_address=(source, 0))


def small(c):
    global wrong
    start = time.monotonic()
    c.request("GET", f"/own/small/{next(number)}.txt")
    r = c.getresponse()
    r.read()
    wrong += r.status != 200
    return time.monotonic() - start


def some(c):
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        took.append(small(c))
        time.sleep(0.004)
    return sorted(took)


def attack(over, answered, which):
    global wrong
    c = connect(attacker)
    for n in itertools.count():
        if over.is_set():
            return
        body = f"HOSTILE:{acts[(which + n) % len(acts)]} {which} {n} {time.monotonic()}"
        c.request("POST", "/upload/deadly", body, {"Content-Type": "application/octet-stream"})
        r = c.getresponse()
        r.read()
        wrong += r.status not in ((200, 403) if body.startswith('HOSTILE:fill') else (403,))
        answered.append(r.status)


def nth(took, p):
    return round(took[min(len(took) - 1, len(took) * p // 100)] * 1e6)


mine = connect(quiet)
for _ in range(50):
    small(mine)
for _ in range(rounds):
    alone = some(mine)
    over, answered = threading.Event(), []
    sides = [threading.Thread(target=attack, args=(over, answered, i)) for i in range(4)]
    for s in sides:
        s.start()
    time.sleep(0.2)
    beside = some(mine)
    over.set()
    for s in sides:
        s.join()
    time.sleep(rest)
    print(nth(alone, 50), nth(alone, 99), nth(beside, 50), nth(beside, 99), len(beside), len(answered), wrong, flush=True)
