# SPDX-License-Identifier: BSD-2-Clause
"""When the bytes of a download come: release_latency.py HOST NAME=PATH...

For each, the best of three: ms to the first byte of the body, the longest pause after it, and ms to the end."""
import http.client
import sys
import time


def fetch(host, path):
    c = http.client.HTTPConnection(host, timeout=30)
    start = time.monotonic()
    c.request("GET", path)
    r = c.getresponse()
    came = []
    while r.read1(65536):
        came.append(time.monotonic() - start)
    assert r.status == 200, r.status
    gaps = [b - a for a, b in zip(came, came[1:])] or [0]
    return came[0], max(gaps), came[-1]


for case in sys.argv[2:]:
    name, path = case.split("=", 1)
    runs = [fetch(sys.argv[1], path) for _ in range(3)]
    print(name, *(round(1000 * min(x)) for x in zip(*runs)), flush=True)
