# SPDX-License-Identifier: BSD-2-Clause
"""How long small requests wait while something else happens: gaps.py HOST PATH ROUNDS ENOUGH COMMAND...

Requests go one after the other over one kept connection. Each round: while COMMAND ROUND runs and half a second more; then
two seconds in peace. Rounds end when one had no request longer than ENOUGH ms beside its command: a busy machine
makes them longer, nothing makes them shorter than a stall is. Printed in ms: the longest in peace and the longest beside the
command, each of its best round; the median and the number beside the command; how many of all failed; and how many seconds the
commands took."""
import http.client
import statistics
import subprocess
import sys
import threading
import time

host, path, rounds, enough, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]
seen, failed, over = [], [], threading.Event()


def ask():
    c, number = http.client.HTTPConnection(host, timeout=30), 0
    while not over.is_set():
        start, number = time.monotonic(), number + 1
        try:
            # Each has a body of its own, which has to be searched.
            c.request("POST", path, f"{number} {start}")
            r = c.getresponse()
            r.read()
            if r.status != 200:
                failed.append(r.status)
        except (OSError, http.client.HTTPException) as e:
            failed.append(repr(e))
            c = http.client.HTTPConnection(host, timeout=30)
        seen.append((start, time.monotonic()))
        time.sleep(0.01)


def between(a, b):
    return [(y - x) * 1000 for x, y in seen if y > a and x < b] or [0]


side = threading.Thread(target=ask)
side.start()
peace, beside, took, medians, n = [], [], [], [], 0
for number in range(rounds):
    time.sleep(0.5)
    a = time.monotonic()
    subprocess.run(command + [str(number)], check=True, stdout=sys.stderr)
    took.append(time.monotonic() - a)
    time.sleep(0.5)
    b = time.monotonic()
    time.sleep(2)
    beside.append(max(between(a, b)))
    peace.append(max(between(b, time.monotonic())))
    medians.append(statistics.median(between(a, b)))
    n += len(between(a, b))
    if beside[-1] <= enough:
        break
over.set()
side.join()
print(round(min(peace)), round(min(beside)), round(statistics.median(medians), 1), n, len(failed), *(round(t, 1) for t in took))
print(failed[:5], file=sys.stderr)
