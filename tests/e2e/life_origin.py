# SPDX-License-Identifier: BSD-2-Clause
"""An HTTP/1.1 origin whose connections behave in ways that matter for their life.

life_origin.py [--tls CHAIN KEY] [--folder FOLDER] --log FILE ADDRESS PORT
The log gets "PATH began" for each request and "PATH client fin|reset MILLISECONDS" where the client's
side ended while it was answered; a query may tell requests apart. Paths: /silent answers never, /stall begins a body and never ends
it, /late after two seconds, /cut and /chunks end in the middle by RST, /short by FIN, /events sends
one event after the other (/events-cut: a few, then RST), /take reads the body slowly, /mute looks for
nothing but a reset; /links has links; /slowly/NAME is the file of --folder, half of it after two seconds (or RST, with the query "cut").

/login: a connection that logs in as NTLM does, once, in three steps, and is that user's from then on:
`Authorization: Lab hello`, answered with a challenge that is good on this connection alone;
`Authorization: Lab NAME CHALLENGE`; afterwards the name alone is the answer to every request."""
import argparse
import os
import select
import socket
import ssl
import struct
import threading
import time


class Gone(Exception):
    pass


class Conn:
    def __init__(self, s, o):
        self.s, self.o, self.data = s, o, b""
        self.user, self.challenge = None, None

    def log(self, text):
        with open(self.o.log, "a") as f:
            f.write(text + "\n")

    def read(self):
        try:
            piece = self.s.recv(65536)
        except ConnectionResetError:
            raise Gone("reset") from None
        if not piece:
            raise Gone("fin")
        self.data += piece

    def wait(self, path, seconds, also=lambda: None):
        """Until the client leaves, or that time is over; `also` is done five times a second."""
        began = time.monotonic()
        try:
            while time.monotonic() - began < seconds:
                also()
                if select.select([self.s], [], [], 0.2)[0]:
                    self.read()
        except (Gone, BrokenPipeError, ConnectionResetError) as e:
            how = str(e) if isinstance(e, Gone) else "reset"
            self.log(f"{path} client {how} {int((time.monotonic() - began) * 1000)}")
            raise Gone(how) from None

    def reset(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.s.close()
        raise Gone("own")

    def request(self):
        while b"\r\n\r\n" not in self.data:
            self.read()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        path = lines[0].split(" ")[1]
        self.log(f"{path} began")
        if not path.startswith("/take"):
            while len(self.data) < int(fields.get("content-length", 0)):
                self.read()
            self.data = self.data[int(fields.get("content-length", 0)):]
        return path, fields

    def answer(self, status, body, *fields):
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
        self.s.sendall((head + "".join(f + "\r\n" for f in fields) + "\r\n" + body).encode())

    def login(self, fields):
        words = fields.get("authorization", "").split()
        if self.user:
            self.answer("200 OK", self.user)
        elif words == ["Lab", "hello"]:
            self.challenge = os.urandom(8).hex()
            self.answer("401 Unauthorized", "", f"WWW-Authenticate: Lab {self.challenge}")
        elif len(words) == 3 and self.challenge and words[2] == self.challenge:
            self.user = words[1]
            self.answer("200 OK", self.user)
        else:
            self.answer("401 Unauthorized", "nobody", "WWW-Authenticate: Lab")

    def serve(self):
        while True:
            whole, fields = self.request()
            path = whole.partition("?")[0]
            begin = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
            if path == "/login":
                self.login(fields)
            elif path == "/silent":
                self.wait(whole, 20)
            elif path == "/stall":
                self.s.sendall(begin + b"Content-Length: 100000\r\n\r\n" + b"x" * 1000)
                self.wait(whole, 20)
            elif path == "/late":
                self.wait(whole, 2)
                self.answer("200 OK", "late but here")
            elif path == "/take":
                self.wait(whole, 20)
            elif path in ("/cut", "/short"):
                self.s.sendall(begin + b"Content-Length: 1000\r\n\r\n" + b"x" * 500)
                time.sleep(0.3)
                if path == "/cut":
                    self.reset()
                raise Gone("own")
            elif path == "/chunks":
                self.s.sendall(begin + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 1000 + b"\r\n")
                time.sleep(0.3)
                self.reset()
            elif path.startswith("/slowly/"):
                with open(os.path.join(self.o.folder, os.path.basename(path)), "rb") as f:
                    body = f.read()
                half = len(body) // 2
                self.s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nX-Lab: kept\r\n"
                               b"Content-Disposition: attachment; filename=\"saved.bin\"\r\n"
                               + f"Content-Length: {len(body)}\r\n\r\n".encode() + body[:half])
                self.wait(whole, 2)
                if whole.endswith("?cut"):
                    self.reset()
                self.s.sendall(body[half:])
            elif path == "/links":
                body = ("<title>Links</title>" + "".join(
                    f'<a id="{k}" {extra} href="/slowly/{name}?{k}">{k}</a> ' for k, extra, name in (
                        ("plain", "", "2m.bin"), ("save", 'download="kept.bin"', "2m.bin"),
                        ("tab", 'target="_blank"', "2m.bin"), ("bad", "", "eicar.com")))).encode()
                self.s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                               + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            elif path == "/mute":
                poll = select.poll()
                poll.register(self.s, select.POLLERR)
                began = time.monotonic()
                if poll.poll(10000):
                    self.log(f"{whole} client reset {int((time.monotonic() - began) * 1000)}")
                raise Gone("own")
            elif path == "/events-cut":
                self.s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\nc\r\ndata: tick\n\n\r\n")
                time.sleep(0.5)
                self.reset()
            elif path == "/events":
                self.s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               b"Transfer-Encoding: chunked\r\n\r\n")
                self.wait(whole, 20, lambda: self.s.sendall(b"c\r\ndata: tick\n\n\r\n"))
            else:
                self.answer("404 Not Found", "")


def handle(s, o):
    try:
        if o.tls:
            s = o.context.wrap_socket(s, server_side=True)
        Conn(s, o).serve()
    except (OSError, Gone):
        pass
    finally:
        s.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tls", nargs=2)
    p.add_argument("--log", required=True)
    p.add_argument("--folder")
    p.add_argument("address")
    p.add_argument("port", type=int)
    o = p.parse_args()
    if o.tls:
        o.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        o.context.load_cert_chain(*o.tls)
    with socket.create_server((o.address, o.port), backlog=64) as listener:
        while True:
            s, _ = listener.accept()
            threading.Thread(target=handle, args=(s, o), daemon=True).start()


main()
