# SPDX-License-Identifier: BSD-2-Clause
"""An origin that floods: origin_floods.py CHAIN KEY ADDRESS PORT FILE

It speaks h2 in TLS; FILE says by which of KINDS it answers the first request of a connection."""
import socket
import ssl
import sys
import threading

from h2harm import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE,
                    PRIORITY, PUSH, RST, SETTINGS, WINDOW, frame, frames, literal, settings, text)

OK = b"\x88"
BEGIN = frame(HEADERS, END_HEADERS, 1, OK)
KINDS = {
    "ping": (b"", frame(PING, 0, 0, bytes(8))),
    "pong": (b"", frame(PING, ACK, 0, bytes(8))),
    "settings": (b"", frame(SETTINGS)),
    "goaway": (b"", frame(GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0")),
    "window": (b"", frame(WINDOW, 0, 0, b"\0\0\0\1")),
    "priority": (b"", frame(PRIORITY, 0, 1, b"\0\0\0\0\x10")),
    "unknown": (b"", frame(0x42, 0, 0, b"?")),
    "empty_data": (BEGIN, frame(DATA, 0, 1)),
    "padding": (BEGIN, frame(DATA, PADDED, 1, b"\x04\0\0\0\0")),
    "reset": (b"", frame(RST, 0, 1, b"\0\0\0\x08")),
    "push": (b"", frame(PUSH, END_HEADERS, 1, b"\0\0\0\2\x82\x87\x84\x41" + text(b"www.origin.test"))),
    "interim": (b"", frame(HEADERS, END_HEADERS, 1, literal(b":status", b"103"))),
    "continuation": (frame(HEADERS, 0, 1, OK), frame(CONTINUATION, 0, 1, literal(b"a", b"b"))),
    "bomb": (frame(HEADERS, 0, 1, OK + b"\x40" + text(b"b") + text(b"v" * 4000)),
             frame(CONTINUATION, 0, 1, b"\xbe" * 16000)),
    "head": (frame(HEADERS, 0, 1, OK), frame(CONTINUATION, 0, 1, literal(b"a", b"b" * 9000, b"\x10"))),
}


def serve(s, kind_file):
    data = b""
    s.sendall(settings(window=1 << 20))
    while not any(kind == HEADERS for kind, _, _, _ in frames(data[len(PREFACE):])[0]):
        piece = s.recv(65536)
        if not piece:
            return
        data += piece
    with open(kind_file, encoding="ascii") as f:
        begin, unit = KINDS[f.read().strip()]
    s.sendall(begin)
    while True:
        s.sendall(unit * 400 if len(unit) < 1000 else unit)


def run(s, context, kind_file):
    try:
        serve(context.wrap_socket(s, server_side=True), kind_file)
    except (OSError, ssl.SSLError):
        pass
    s.close()


def main():
    chain, key, address, port, kind_file = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server((address, int(port)))
    while True:
        s, _ = listener.accept()
        threading.Thread(target=run, args=(s, context, kind_file), daemon=True).start()


main()
