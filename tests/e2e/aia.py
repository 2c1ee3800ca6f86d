# SPDX-License-Identifier: BSD-2-Clause
"""A web server for certificates of issuers, and a name server, both scripted.

aia.py ADDRESS FOLDER LOG
HTTP on port 80: a path is a file of FOLDER; /redirect leads to /inter.der; /slow never answers. Each
connection and each request is a line of LOG. DNS on port 53 (UDP): pki.dns.test is ADDRESS, every
name below loopback.test is 127.0.0.1, two.test is both, in the order that does not help."""
import os
import socket
import struct
import sys
import threading
import time

ADDRESS, FOLDER, LOG = sys.argv[1:4]
LOCK = threading.Lock()


def note(text):
    with LOCK, open(LOG, "a", encoding="latin-1") as f:
        f.write(text + "\n")


def reply(path):
    if path == "/redirect":
        return b"HTTP/1.1 302 Found\r\nLocation: /inter.der\r\nContent-Length: 0\r\n\r\n"
    try:
        with open(os.path.join(FOLDER, os.path.basename(path.split("?")[0])), "rb") as f:
            data = f.read()
    except OSError:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-cert\r\nContent-Length: %d\r\n\r\n" % len(data) + data


def serve(s):
    with s:
        try:
            head = b""
            while b"\r\n\r\n" not in head and (piece := s.recv(4096)):
                head += piece
            line = head.split(b"\r\n")[0].decode("latin-1")
            note(line)
            if "/slow" in line:
                time.sleep(60)
            s.sendall(reply(line.split()[1]))
        except (OSError, IndexError):
            pass


def http():
    with socket.create_server((ADDRESS, 80), backlog=64) as listener:
        while True:
            s, _ = listener.accept()
            note("connection")
            threading.Thread(target=serve, args=(s,), daemon=True).start()


def addresses(name):
    if name.endswith("loopback.test"):
        return ["127.0.0.1"]
    return {"pki.dns.test": [ADDRESS], "two.test": ["127.0.0.1", ADDRESS]}.get(name, [])


def answer(q):
    at, labels = 12, []
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]].decode("latin-1"))
        at += 1 + q[at]
    kind, name = struct.unpack("!H", q[at + 1:at + 3])[0], ".".join(labels).lower()
    note(f"name {name} {kind}")
    found = [socket.inet_aton(a) for a in addresses(name)] if kind == 1 else []
    head = q[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0)
    return head + q[12:at + 5] + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + a for a in found)


def dns():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((ADDRESS, 53))
        while True:
            q, peer = s.recvfrom(4096)
            try:
                s.sendto(answer(q), peer)
            except (IndexError, struct.error):
                pass


threading.Thread(target=dns, daemon=True).start()
http()
