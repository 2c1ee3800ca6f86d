# SPDX-License-Identifier: BSD-2-Clause
"""An origin that answers with exactly the bytes of a file, malformed or not.

origin.py [--tls CHAIN KEY [--tls12] [--old] [--weak] [--client-ca FILE [--optional]]] [--echo] [--log FILE] ADDRESS PORT [FOLDER]
A request for /NAME is answered with the bytes of FOLDER/NAME, then the connection is closed;
NAME.keep keeps it open, NAME.echo sends back what comes after. NAME.notify says close_notify before,
NAME.reset ends by RST; NAME.head answers with the head of the request; where there is NAME.late, its
bytes follow a second later; NAME.body reads on until the client's side ends, and logs what came. --echo is a plain TCP echo.
--old speaks TLS 1.0 and 1.1 alone, --weak may have a certificate that OpenSSL takes for too weak.
The log gets one line for each request: its first line, how many bytes of it came, and the name
in the client's certificate if there is one; and one for each failed handshake."""
import argparse
import os
import socket
import ssl
import struct
import threading
import time


def read_head(s):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = s.recv(65536)
        if not piece:
            return None
        data += piece
    return data


def echo(s):
    while data := s.recv(65536):
        s.sendall(data)


def end(s, name):
    """In the way that the name says; without any, by FIN alone."""
    if name.endswith(".notify"):
        s.settimeout(2)
        s.unwrap()
    elif name.endswith(".reset"):
        time.sleep(0.3)  # else what was sent before is lost, too
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()


def read_out(s, log, name):
    data, how = b"", "fin"
    try:
        while piece := s.recv(65536):
            data += piece
    except OSError:
        how = "reset"
    with open(log, "a", encoding="latin-1") as f:
        f.write(f"{name}: {data!r} {how}\n")


def shown(s):
    subject = (s.getpeercert() or {}).get("subject", ()) if isinstance(s, ssl.SSLSocket) else ()
    return "".join(f" {value}" for name in subject for _, value in name)


def wrap(s, o):
    try:
        return o.context.wrap_socket(s, server_side=True)
    except OSError as e:
        if o.log:
            with open(o.log, "a", encoding="latin-1") as f:
                f.write(f"handshake failed: {e}\n")
        raise


def serve(s, o):
    if o.echo:
        return echo(s)
    while head := read_head(s):
        first = head.split(b"\r\n")[0].decode("latin-1")
        if o.log:
            with open(o.log, "a", encoding="latin-1") as f:
                f.write(f"{first} {len(head)}{shown(s)}\n")
        name = os.path.basename(first.split(" ")[1])
        if name.endswith(".head"):
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head))
            return None
        path = os.path.join(o.folder, name)
        with open(path, "rb") as f:
            s.sendall(f.read())
        if os.path.exists(path + ".late"):
            time.sleep(1)
            with open(path + ".late", "rb") as f:
                s.sendall(f.read())
        if name.endswith(".echo"):
            return echo(s)
        if name.endswith(".body"):
            return read_out(s, o.log, name)
        if not name.endswith(".keep"):
            return end(s, name)


def handle(s, o):
    try:
        if o.tls:
            s = wrap(s, o)
        serve(s, o)
    except (OSError, IndexError):
        pass
    finally:
        try:
            s.shutdown(socket.SHUT_WR)
            s.settimeout(1)
            s.recv(1)
        except OSError:
            pass
        s.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tls", nargs=2)
    p.add_argument("--tls12", action="store_true")
    p.add_argument("--old", action="store_true")
    p.add_argument("--weak", action="store_true")
    p.add_argument("--client-ca")
    p.add_argument("--optional", action="store_true")
    p.add_argument("--echo", action="store_true")
    p.add_argument("--log")
    p.add_argument("address")
    p.add_argument("port", type=int)
    p.add_argument("folder", nargs="?", default=".")
    o = p.parse_args()
    if o.tls:
        o.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if o.old or o.weak:
            o.context.set_ciphers("DEFAULT@SECLEVEL=0")
        if o.old:
            o.context.minimum_version = ssl.TLSVersion.TLSv1
            o.context.maximum_version = ssl.TLSVersion.TLSv1_1
        o.context.load_cert_chain(*o.tls)
        if o.tls12:
            o.context.maximum_version = ssl.TLSVersion.TLSv1_2
        if o.client_ca:
            o.context.load_verify_locations(o.client_ca)
            o.context.verify_mode = ssl.CERT_OPTIONAL if o.optional else ssl.CERT_REQUIRED
    family = socket.AF_INET6 if ":" in o.address else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((o.address, o.port))
        listener.listen(128)
        while True:
            s, _ = listener.accept()
            threading.Thread(target=handle, args=(s, o), daemon=True).start()


main()
