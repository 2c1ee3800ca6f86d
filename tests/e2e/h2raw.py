# SPDX-License-Identifier: BSD-2-Clause
"""HTTP/2 frame by frame, malformed or not: a client and an origin that say what they are told to.

h2raw.py client --tls NAME --ca FILE [--wait S] HOST PORT ROWS
  Each line of ROWS is `name TAB fields TAB data TAB trailers`. For each a connection of its own:
  that message on stream 1, a plain GET on stream 3. Prints `name TAB what became of 1 TAB of 3`:
  "200 N" (status and bytes, whole), "200 cut R" and "reset R" (with the code of RST_STREAM),
  "goaway R", "silence", "fin".
h2raw.py origin CHAIN KEY ADDRESS PORT SCRIPT
  Answers each stream by the lines of SCRIPT, read anew each time: `head FIELDS`, `end FIELDS` (head
  and END_STREAM), `data TEXT`, `last TEXT` (with END_STREAM), `trailers FIELDS`, `rst CODE`,
  `sleep S`, and to end the connection `notify` (TLS and TCP), `fin` (TCP alone), `reset`.
Fields are written name=value|name=value|; text may have \\r \\n \\0 \\t \\xNN escapes."""
import argparse
import re
import socket
import ssl
import struct
import threading
import time

DATA, HEADERS, RST, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GOOD = ":method=GET|:scheme=https|:path=/|:authority=%s|"
INDEXED = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
DIGITS = {"00000": 0, "00001": 1, "00010": 2, "011001": 3, "011010": 4, "011011": 5, "011100": 6, "011101": 7,
          "011110": 8, "011111": 9}  # RFC 7541 appendix B


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def literal(s):
    if len(s) < 127:
        return bytes([len(s)]) + s
    n, out = len(s) - 127, b"\x7f"
    while n >= 128:
        out, n = out + bytes([n % 128 | 128]), n // 128
    return out + bytes([n]) + s


def block(fields):
    out = b""
    for one in unescape(fields).split(b"|")[:-1]:
        at = one.index(b"=", 1)
        out += b"\x10" + literal(one[:at]) + literal(one[at + 1:])
    return out


def digits(data):
    bits, out = "".join(f"{b:08b}" for b in data), 0
    while len(bits) >= 5 and (n := next((n for n in (5, 6) if bits[:n] in DIGITS), 0)):
        out, bits = out * 10 + DIGITS[bits[:n]], bits[n:]
    return out


def status(payload):
    """Of a header block whose first field is :status, as libnghttp2 writes it."""
    at = 0
    while payload[at] & 0xe0 == 0x20:  # the table's size
        at += 1
        if payload[at - 1] & 0x1f == 0x1f:
            while payload[at] & 0x80:
                at += 1
            at += 1
    if payload[at] & 0x80:
        return INDEXED.get(payload[at] & 0x7f, 0)
    size = payload[at + 1]
    value = payload[at + 2:at + 2 + (size & 0x7f)]
    return digits(value) if size & 0x80 else int(value)


class Frames:
    def __init__(self, s):
        self.s, self.buf = s, b""

    def fill(self, n):
        while len(self.buf) < n:
            data = self.s.recv(65536)
            if not data:
                raise EOFError
            self.buf += data

    def take(self, n):
        self.fill(n)
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def next(self):
        h = self.take(9)
        return h[3], h[4], struct.unpack(">I", h[5:])[0], self.take(int.from_bytes(h[:3], "big"))


class Stream:
    def __init__(self):
        self.status, self.size, self.ended = 0, 0, ""

    def __str__(self):
        if self.ended == "whole":
            return f"{self.status} {self.size}"
        return (f"{self.status} cut " if self.status else "") + (self.ended or "silence")


def one_row(o, message, trailers, fields, data):
    context = ssl.create_default_context(cafile=o.ca)
    context.set_alpn_protocols(["h2"])
    s = context.wrap_socket(socket.create_connection((o.host, o.port), timeout=o.wait), server_hostname=o.tls)
    streams = {1: Stream(), 3: Stream()}
    last = 0 if data or trailers else 1
    out = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, 4 | last, 1, block(fields))
    if data:
        out += frame(DATA, 0 if trailers else 1, 1, b"" if data == "-" else unescape(data))
    if trailers:
        out += frame(HEADERS, 5, 1, block(trailers))
    s.sendall(out + frame(HEADERS, 5, 3, block(GOOD % o.tls)))
    frames = Frames(s)
    try:
        while not all(x.ended for x in streams.values()):
            kind, flags, number, payload = frames.next()
            x = streams.get(number)
            if kind == SETTINGS and not flags & 1:
                s.sendall(frame(SETTINGS, 1, 0))
            elif kind == GOAWAY and payload[4:8] != b"\0\0\0\0":
                raise ConnectionError(f"goaway {int.from_bytes(payload[4:8], 'big')}")
            elif x and kind == HEADERS and not x.status:
                code = status(payload)
                x.status = code if code >= 200 else 0
            elif x and kind == DATA:
                x.size += len(payload)
            elif x and kind == RST:
                x.ended = f"reset {int.from_bytes(payload, 'big')}"
            if x and kind in (HEADERS, DATA) and flags & 1:
                x.ended = "whole"
    except TimeoutError:
        pass
    except EOFError:
        for x in streams.values():
            x.ended = x.ended or "fin"
    except OSError as e:
        for x in streams.values():
            x.ended = x.ended or (str(e) if "goaway" in str(e) else "reset")
    s.close()
    print(f"{message}\t{streams[1]}\t{streams[3]}", flush=True)


def client(o):
    with open(o.rows, encoding="latin-1") as f:
        for line in f:
            name, fields, data, trailers = (line.rstrip("\n").split("\t") + [""] * 3)[:4]
            if name:
                one_row(o, name, trailers, fields, data)


def step(s, number, word, rest):
    """One line of a script; False where the connection is over."""
    if word in ("head", "end", "trailers"):
        s.sendall(frame(HEADERS, 4 if word == "head" else 5, number, block(rest)))
    elif word in ("data", "last"):
        s.sendall(frame(DATA, 1 if word == "last" else 0, number, unescape(rest)))
    elif word == "rst":
        s.sendall(frame(RST, 0, number, struct.pack(">I", int(rest))))
    elif word == "sleep":
        time.sleep(float(rest))
    elif word == "notify":
        s.settimeout(1)
        try:
            s.unwrap()
        except OSError:
            pass
        return False
    elif word == "reset":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    elif word == "fin":
        s.shutdown(socket.SHUT_WR)
        return False
    return True


def serve(raw, o, context):
    try:
        s = context.wrap_socket(raw, server_side=True)
        frames = Frames(s)
        frames.take(len(PREFACE))
        s.sendall(frame(SETTINGS, 0, 0))
        while True:
            kind, flags, number, payload = frames.next()
            if kind == SETTINGS and not flags & 1:
                s.sendall(frame(SETTINGS, 1, 0))
            elif kind == PING and not flags & 1:
                s.sendall(frame(PING, 1, 0, payload))
            elif kind == HEADERS:
                with open(o.script, encoding="latin-1") as f:
                    lines = [re.split(" ", line.rstrip("\n"), maxsplit=1) + [""] for line in f if line.strip()]
                if not all(step(s, number, line[0], line[1]) for line in lines):
                    s.close()
                    return
    except (OSError, EOFError):
        raw.close()


def origin(o):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(o.chain, o.key)
    context.set_alpn_protocols(["h2"])
    with socket.create_server((o.address, o.port), backlog=64) as listener:
        while True:
            s, _ = listener.accept()
            threading.Thread(target=serve, args=(s, o, context), daemon=True).start()


def main():
    p = argparse.ArgumentParser()
    sub = p.add_subparsers(dest="mode", required=True)
    c = sub.add_parser("client")
    c.add_argument("--tls", required=True)
    c.add_argument("--ca")
    c.add_argument("--wait", type=float, default=5)
    c.add_argument("host")
    c.add_argument("port", type=int)
    c.add_argument("rows")
    s = sub.add_parser("origin")
    for name in ("chain", "key", "address"):
        s.add_argument(name)
    s.add_argument("port", type=int)
    s.add_argument("script")
    o = p.parse_args()
    (client if o.mode == "client" else origin)(o)


main()
