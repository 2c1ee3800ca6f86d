# SPDX-License-Identifier: BSD-2-Clause
"""How long others wait while one body is decoded: latency.py HOST SMALL-PATH BOMB-PATH TIMES.

Small requests go one after the other over one connection while the bomb is fetched TIMES times
over another. Printed are, in ms: the longest small request beside a bomb, of the bomb where that
was shortest (a busy machine makes them longer, nothing makes them shorter than the decoding would
be at one go), and how long this machine takes just now to decode the bomb at one go."""
import http.client
import sys
import threading
import time
import zlib

host, small, bomb, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
seen, over = [], threading.Event()


def ask(c, path):
    c.request("GET", path, headers={"Accept-Encoding": "gzip"})
    r = c.getresponse()
    return r.status, r.read()


def small_ones():
    c = http.client.HTTPConnection(host, timeout=30)
    while not over.is_set():
        start = time.monotonic()
        if ask(c, small)[0] != 200:
            sys.exit("a small request failed")
        seen.append((start, time.monotonic()))
        time.sleep(0.001)


side = threading.Thread(target=small_ones)
side.start()
worst, decode = [], []
for _ in range(times):
    start = time.monotonic()
    status, body = ask(http.client.HTTPConnection(host, timeout=30), bomb)
    end = time.monotonic()
    beside = [b - a for a, b in seen if b > start and a < end]
    worst.append(max(beside) * 1000)
    if status != 200:
        break
over.set()
side.join()
for _ in range(3 if status == 200 else 0):
    start = time.monotonic()
    zlib.decompressobj(31).decompress(body)
    decode.append((time.monotonic() - start) * 1000)
print(status, round(min(worst)), round(min(decode or [0])))
