# SPDX-License-Identifier: BSD-2-Clause
"""A client that says exactly what it is told to, byte for byte, over TCP or TLS.

raw.py [--tls NAME --ca FILE [--record N] [--pad N]] [--segment N] [--wait S] HOST PORT STEP...
--record cuts the ClientHello into TLS records of that size, --pad makes it that much longer.
Steps: `send TEXT` (with \\r \\n \\0 \\xNN escapes), `file PATH`, `await TEXT`, `sleep S`,
`shut` (half-close, with close_notify under TLS), `close` and `reset` (go away, by FIN or RST), `count N TEXT` (until TEXT was seen N times), `drain` (read until the peer
closes or is silent for --wait). What was received goes to standard output, and the way it ended
to standard error: "end: fin", "end: reset", "end: silence", "end: tls ...", "end: done"."""
import argparse
import socket
import ssl
import struct
import sys
import time


class Ended(Exception):
    pass


class Wire:
    """TCP, or TLS through memory buffers so that the size of each segment is ours to choose."""

    def __init__(self, o):
        self.got, self.o = b"", o
        self.s = socket.create_connection((o.host, o.port), timeout=o.wait)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.tls = None
        if o.tls:
            context = ssl.create_default_context(cafile=o.ca)
            context.set_alpn_protocols(["http/1.1"] + ["x" * 99] * (o.pad // 100))
            self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = context.wrap_bio(self.inward, self.outward, server_hostname=o.tls)
            self.first = True
            self.pump(self.tls.do_handshake)

    def cut(self, data):
        """The first flight's handshake records, put together and cut anew."""
        message = b""
        while data:
            n = 5 + int.from_bytes(data[3:5], "big")
            message, data = message + data[5:n], data[n:]
        return b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in
                        (message[i:i + self.o.record] for i in range(0, len(message), self.o.record)))

    def put(self, data):
        step = self.o.segment or len(data) or 1
        for at in range(0, len(data), step):
            self.s.sendall(data[at:at + step])
            if self.o.segment:
                time.sleep(self.o.gap)

    def take(self):
        """Bytes from the socket; says how it ended where there are none."""
        try:
            data = self.s.recv(65536)
        except TimeoutError:
            raise Ended("silence") from None
        except ConnectionResetError:
            raise Ended("reset") from None
        if not data:
            raise Ended("fin")
        return data

    def pump(self, action):
        """Run a TLS action, moving bytes until it needs none."""
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                data = self.outward.read()
                self.put(self.cut(data) if self.first and self.o.record else data)
                self.first = False
                self.inward.write(self.take())
            except ssl.SSLZeroReturnError:
                raise Ended("fin") from None
            except ssl.SSLError as e:
                self.put(self.outward.read())
                raise Ended(f"tls {e.reason}") from None
            else:
                self.put(self.outward.read())
                return result

    def send(self, data):
        try:
            if not self.tls:
                return self.put(data)
            at = 0
            while at < len(data):
                at += self.pump(lambda: self.tls.write(data[at:]))
        except (BrokenPipeError, ConnectionResetError):
            raise Ended("reset") from None

    def read(self):
        if self.tls:
            data = self.pump(lambda: self.tls.read(65536))
            if not data:
                raise Ended("fin")
        else:
            data = self.take()
        self.got += data

    def shut(self):
        if self.tls:
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass
            self.put(self.outward.read())
        self.s.shutdown(socket.SHUT_WR)

    def until(self, text, times=1):
        end = time.monotonic() + self.o.wait
        while self.got.count(text) < times:
            if time.monotonic() > end:
                raise Ended("silence")
            self.read()


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def run(wire, steps):
    steps = iter(steps)
    for step in steps:
        if step == "send":
            wire.send(unescape(next(steps)))
        elif step == "file":
            with open(next(steps), "rb") as f:
                wire.send(f.read())
        elif step == "await":
            wire.until(unescape(next(steps)))
        elif step == "count":
            times = int(next(steps))
            wire.until(unescape(next(steps)), times)
        elif step == "sleep":
            time.sleep(float(next(steps)))
        elif step == "shut":
            wire.shut()
        elif step in ("close", "reset"):
            if step == "reset":
                wire.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.s.close()
            return
        elif step == "drain":
            while True:
                wire.read()
        else:
            sys.exit(f"raw.py: no such step: {step}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tls")
    p.add_argument("--ca")
    p.add_argument("--segment", type=int, default=0)
    p.add_argument("--gap", type=float, default=0.001)
    p.add_argument("--record", type=int, default=0)
    p.add_argument("--pad", type=int, default=0)
    p.add_argument("--wait", type=float, default=10)
    p.add_argument("host")
    p.add_argument("port", type=int)
    p.add_argument("steps", nargs="*")
    o = p.parse_args()
    wire, end = None, "done"
    try:
        wire = Wire(o)
        run(wire, o.steps)
    except Ended as e:
        end = str(e)
    except OSError as e:
        end = f"connect {e}"
    if wire:
        sys.stdout.buffer.write(wire.got)
        sys.stdout.flush()
    print(f"end: {end}", file=sys.stderr)


main()
