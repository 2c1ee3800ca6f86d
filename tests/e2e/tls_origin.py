# SPDX-License-Identifier: BSD-2-Clause
"""An origin that looks at the gateway's ClientHello and answers with a scripted ServerHello.

tls_origin.py MODE LOG ADDRESS PORT
MODE: `hello` says nothing; `no-rfc5746` sends a TLS 1.2 ServerHello without renegotiation_info;
`sentinel` one with the downgrade sentinel of RFC 8446 section 4.1.3; `good` the same hello without
either fault, then nothing. The log gets one JSON object for each connection: what the hello
offered, and the alert that came back."""
import json
import socket
import sys
import threading

NAMES = {0: "sni", 10: "groups", 13: "signatures", 16: "alpn", 43: "versions"}


def exactly(s, n):
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            raise OSError("end")
        data += piece
    return data


def record(s):
    head = exactly(s, 5)
    return head[0], exactly(s, int.from_bytes(head[3:5], "big"))


def words(data):
    return [data[i:i + 2].hex() for i in range(0, len(data), 2)]


def read_hello(message):
    at = 4 + 2 + 32
    at += 1 + message[at]
    n = int.from_bytes(message[at:at + 2], "big")
    out = {"suites": words(message[at + 2:at + 2 + n]), "extensions": []}
    at += 2 + n
    out["compression"] = message[at + 1:at + 1 + message[at]].hex()
    at += 1 + message[at] + 2
    while at < len(message):
        kind, n = int.from_bytes(message[at:at + 2], "big"), int.from_bytes(message[at + 2:at + 4], "big")
        body = message[at + 4:at + 4 + n]
        out["extensions"].append(kind)
        if kind == 0:
            out["sni"] = body[5:].decode()
        elif kind == 43:
            out["versions"] = words(body[1:])
        elif kind in NAMES:
            out[NAMES[kind]] = words(body[2:]) if kind != 16 else body[2:].decode("latin-1")
        at += 4 + n
    return out


def server_hello(mode):
    random = bytes(range(24)) + (b"DOWNGRD\x01" if mode == "sentinel" else b"12345678")
    extensions = b"" if mode == "no-rfc5746" else b"\xff\x01\x00\x01\x00"
    body = b"\x03\x03" + random + b"\x00" + b"\xc0\x2b\x00"
    if extensions:
        body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def handle(s, mode, log):
    line = {}
    try:
        s.settimeout(5)
        kind, message = record(s)
        if kind == 22:
            line = read_hello(message)
        if mode != "hello":
            s.sendall(server_hello(mode))
        kind, message = record(s)
        if kind == 21:
            line["alert"] = message[1]
    except OSError as e:
        line["end"] = str(e)
    finally:
        with open(log, "a", encoding="latin-1") as f:
            f.write(json.dumps(line) + "\n")
        s.close()


def main():
    mode, log, address, port = sys.argv[1:5]
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port)))
        listener.listen(16)
        while True:
            s, _ = listener.accept()
            threading.Thread(target=handle, args=(s, mode, log), daemon=True).start()


main()
