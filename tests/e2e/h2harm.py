# SPDX-License-Identifier: BSD-2-Clause
"""HTTP/2 by hand, for peers that mean harm: frames as bytes, and a TLS connection that sends what it
is given as fast as it can while it reads what comes. No library stands between, and nothing is checked."""
import select
import socket
import ssl
import struct
import time

DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CODES = ["no_error", "protocol_error", "internal_error", "flow_control_error", "settings_timeout",
         "stream_closed", "frame_size_error", "refused_stream", "cancel", "compression_error",
         "connect_error", "enhance_your_calm", "inadequate_security", "http_1_1_required"]


def frame(kind, flags=0, stream=0, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


def settings(**values):
    ids = {"table": 1, "push": 2, "streams": 3, "window": 4, "frame": 5, "head": 6}
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", ids[k], v) for k, v in values.items()))


def length(n, bits=7, first=0):
    """An HPACK integer."""
    most = (1 << bits) - 1
    if n < most:
        return bytes([first | n])
    out, n = bytes([first | most]), n - most
    while n >= 128:
        out, n = out + bytes([n % 128 + 128]), n // 128
    return out + bytes([n])


def text(s):
    return length(len(s)) + s


def literal(name, value, first=b"\x10"):
    """A field that is not indexed; first=b"\\x40": one that is."""
    return first + text(name) + text(value)


def request(host, path=b"/", method=b"GET", more=b""):
    return (literal(b":method", method) + literal(b":scheme", b"https") + literal(b":path", path) +
            literal(b":authority", host) + more)


def frames(data):
    """Whole frames of data as (kind, flags, stream, body), and the rest."""
    got, at = [], 0
    while len(data) - at >= 9:
        n = int.from_bytes(data[at:at + 3], "big")
        if len(data) - at < 9 + n:
            break
        stream = int.from_bytes(data[at + 5:at + 9], "big") & 0x7fffffff
        got.append((data[at + 3], data[at + 4], stream, data[at + 9:at + 9 + n]))
        at += 9 + n
    return got, data[at:]


class Ended(Exception):
    """How the connection ended: "goaway CODE", "fin", "reset"."""


class Connection:
    def __init__(self, address, name=None, ca=None, source=None, alpn="h2", timeout=10):
        self.s = socket.create_connection(address, timeout=timeout, source_address=(source, 0) if source else None)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if name:
            context = ssl.create_default_context(cafile=ca)
            context.set_alpn_protocols([alpn])
            self.s = context.wrap_socket(self.s, server_hostname=name)
        self.rest, self.got, self.seen, self.sent = b"", [], b"", 0

    def close(self):
        self.s.close()

    def take(self):
        """Read once what is there; frames go to self.got."""
        try:
            data = self.s.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError, TimeoutError):
            return
        except (ConnectionError, ssl.SSLError, OSError) as e:
            raise Ended("reset") from e
        if not data:
            raise Ended("fin")
        self.seen = (self.seen + data)[-65536:]
        new, self.rest = frames(self.rest + data)
        self.got += new
        for kind, _, _, body in new:
            if kind == GOAWAY and int.from_bytes(body[4:8], "big") != 0:
                raise Ended("goaway " + CODES[int.from_bytes(body[4:8], "big")])

    def pour(self, pieces, until, read=True):
        """Send pieces as fast as the peer takes them, reading on the way, until it ends or time is over."""
        self.s.setblocking(False)
        waiting = memoryview(b"")
        while time.monotonic() < until:
            if not waiting:
                piece = next(pieces, None)
                waiting = memoryview(piece) if piece is not None else waiting
            try:
                n = self.s.send(waiting[:16384]) if waiting else 0
                self.sent, waiting, stuck = self.sent + n, waiting[n:], n == 0
            except (ssl.SSLWantWriteError, BlockingIOError):
                stuck = True
            except (ConnectionError, ssl.SSLError, OSError):
                self.last_words()
            if read:
                self.take()
            if stuck:
                select.select([self.s] if read else [], [self.s] if waiting else [], [], 0.05)

    def last_words(self):
        """Nothing can be sent any more: what was said before counts."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            select.select([self.s], [], [], 0.1)
            self.take()
        raise Ended("reset")

    def until(self, wanted, seconds=10):
        """Read until a frame satisfies wanted(kind, flags, stream, body), which is given back."""
        self.s.settimeout(seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.got:
                one = self.got.pop(0)
                if wanted(*one):
                    return one
            self.take()
        raise Ended("silence")
