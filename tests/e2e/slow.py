# SPDX-License-Identifier: BSD-2-Clause
"""Peers that move a few bytes now and then.

slow.py client KIND --ca FILE [--rate N] [--seconds S]   prints how it ended and after how many seconds
slow.py origin any ADDRESS PORT [--rate N]               serves /head, /body and /take like that
KIND of a client: h1_head h1_body h1_chunk h1_take h2_head h2_body h2_window h2_socket"""
import argparse
import select
import socket
import threading
import time

from h2harm import (ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, RST, SETTINGS, WINDOW, Connection,
                    Ended, frame, request, settings)

HOST, STEP = b"www.origin.test", 0.25


def drip(o, send, data=b"a"):
    """data again and again, rate bytes a second, until time is over."""
    per = max(1, int(o.rate * STEP))
    end = time.monotonic() + o.seconds
    while time.monotonic() < end:
        send(data * per)
        time.sleep(STEP)


def small(c):
    """Little waits here for being read; the answer takes its time before."""
    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    c.s.settimeout(20)


def sip(c, n):
    """Read a little; TLS may have more of it, so that the connection's end shows only to poll()."""
    time.sleep(STEP)
    p = select.poll()
    p.register(c.s.fileno(), select.POLLERR | select.POLLHUP | select.POLLRDHUP)
    if p.poll(0):
        raise Ended("reset")
    if not c.s.recv(n):
        raise Ended("fin")


def h1(o, c, kind):
    c.s.settimeout(STEP)

    def send(data):
        try:
            c.s.sendall(data)
        except OSError as e:
            c.last_words()
            raise Ended("reset") from e
        c.take()
        if c.seen.startswith(b"HTTP/1.1 ") and b"\r\n\r\n" in c.seen:
            raise Ended(c.seen[9:12].decode())

    if kind == "h1_take":
        small(c)
        c.s.sendall(b"GET /50m.bin HTTP/1.1\r\nHost: www.origin.test\r\n\r\n")
        end, per = time.monotonic() + o.seconds, max(1, int(o.rate * STEP))
        while time.monotonic() < end:
            sip(c, per)
        return
    begin = {"h1_head": b"GET / HTTP/1.1\r\nX-Slow: ",
             "h1_body": b"POST /upload HTTP/1.1\r\nHost: www.origin.test\r\nContent-Length: 1000000\r\n\r\n",
             "h1_chunk": b"POST /upload HTTP/1.1\r\nHost: www.origin.test\r\nTransfer-Encoding: chunked\r\n\r\n1;"}
    send(begin[kind])
    drip(o, send)


def h2(o, c, kind):
    c.s.settimeout(STEP)
    first = {"h2_window": settings(window=0)}.get(kind, settings())

    def send(data):
        try:
            c.s.sendall(data)
        except OSError:
            c.last_words()
        c.take()
        for k, flags, stream, body in c.got:
            if k == RST and stream == 1:
                raise Ended("stream reset")
            if k == GOAWAY:
                raise Ended("goaway")
            if k == HEADERS and stream == 1 and kind == "h2_body":
                raise Ended("answered")
        c.got.clear()

    send(PREFACE + first)
    if kind == "h2_head":
        send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request(HOST) + bytes(1000))[:40])
        drip(o, send)
    elif kind == "h2_body":
        send(frame(HEADERS, END_HEADERS, 1, request(HOST, b"/upload", b"POST")))
        drip(o, lambda data: send(frame(DATA, 0, 1, data)))
    elif kind == "h2_window":
        send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request(HOST, b"/2m.bin")))
        per = max(1, int(o.rate * STEP))
        drip(argparse.Namespace(rate=1 / STEP, seconds=o.seconds),
             lambda _: send(frame(WINDOW, 0, 1, per.to_bytes(4, "big")) + frame(WINDOW, 0, 0, per.to_bytes(4, "big"))))
    else:  # h2_socket: windows as large as may be, but the socket is hardly read
        c.s.sendall(settings(window=0x7fffffff) + frame(WINDOW, 0, 0, b"\x7f\xf0\0\0") +
                    frame(HEADERS, END_HEADERS | END_STREAM, 1, request(HOST, b"/50m.bin")))
        small(c)
        end, per = time.monotonic() + o.seconds, max(1, int(o.rate * STEP))
        while time.monotonic() < end:
            sip(c, per)


def client(o):
    begin, how = time.monotonic(), "alive"
    c = Connection((o.address, 443), HOST.decode(), o.ca, None, "http/1.1" if o.kind.startswith("h1") else "h2")
    try:
        (h1 if o.kind.startswith("h1") else h2)(o, c, o.kind)
    except Ended as e:
        how = str(e)
    except (ConnectionError, OSError) as e:
        how = "reset" if isinstance(e, ConnectionError) else f"error {e}"
    print(o.kind, how, round(time.monotonic() - begin))


def serve(o, s):
    data = b""
    while b"\r\n\r\n" not in data:
        data += s.recv(65536)
    kind = data.split(b" ")[1][1:].decode()
    if kind == "take":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while s.recv(max(1, int(o.rate * STEP))):
            time.sleep(STEP)
        return
    if kind == "head":
        s.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    else:
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9000000\r\n\r\n" + b"a" * 100000)
    o.seconds = 60
    drip(o, s.sendall)


def origin(o):
    listener = socket.create_server((o.address, o.port))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while True:
        s, _ = listener.accept()

        def run(s=s):
            try:
                serve(o, s)
            except OSError:
                pass
            s.close()
        threading.Thread(target=run, daemon=True).start()


p = argparse.ArgumentParser()
p.add_argument("what", choices=["client", "origin"])
p.add_argument("kind")
p.add_argument("address", nargs="?", default="10.77.2.2")
p.add_argument("port", nargs="?", type=int, default=443)
p.add_argument("--ca")
p.add_argument("--rate", type=float, default=4)
p.add_argument("--seconds", type=float, default=8)
o = p.parse_args()
client(o) if o.what == "client" else origin(o)
