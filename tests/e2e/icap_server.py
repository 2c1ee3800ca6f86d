# SPDX-License-Identifier: BSD-2-Clause
"""An ICAP server that does what its service's name says, for a client's tests.

icap_server.py [--tls CHAIN KEY] --log FILE ADDRESS PORT
Services (the URL's path): clean, nopreview, echo, modify, page, found, rest, options-no, hang, close, garbage,
status, slow, lie (a shorter body), early (an answer before the body was read). OPTIONS answers go by the service, too.
The log gets a line for each exchange: connection number, method, service, preview, bytes of the body, HTTP line, URL."""
import argparse
import itertools
import re
import socket
import ssl
import threading
import time

numbers = itertools.count(1)
lock = threading.Lock()


class Gone(Exception):
    pass


class Peer:
    def __init__(self, sock, log):
        self.sock, self.log, self.data, self.number = sock, log, b"", next(numbers)

    def more(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise Gone
        self.data += piece

    def until(self, end):
        while end not in self.data:
            self.more()
        head, self.data = self.data.split(end, 1)
        return head

    def exactly(self, n):
        while len(self.data) < n:
            self.more()
        out, self.data = self.data[:n], self.data[n:]
        return out

    def chunks(self):
        """The body up to its last chunk; and whether that said ieof."""
        body = b""
        while True:
            line = self.until(b"\r\n")
            n = int(line.split(b";")[0], 16)
            if n == 0:
                self.until(b"\r\n")
                return body, b"ieof" in line
            body += self.exactly(n)
            self.exactly(2)

    def send(self, text):
        self.sock.sendall(text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode())

    def chunked(self, body):
        out = b""
        for i in range(0, len(body), 5000):
            piece = body[i : i + 5000]
            out += b"%x\r\n" % len(piece) + piece + b"\r\n"
        self.send(out + b"0\r\n\r\n")

    def answer(self, head, body, extra=""):
        """200 with another message in the place of the one that was sent."""
        http = head.replace("\n", "\r\n")
        kind = "res" if head.startswith("HTTP/") else "req"
        self.send(f'ICAP/1.0 200 OK\nISTag: "t-1"\n{extra}Encapsulated: {kind}-hdr=0, {kind}-body={len(http)}\n\n')
        self.send(http.encode())
        self.chunked(body)

    def options(self, service):
        preview = "" if service in ("nopreview", "echo") else "Preview: 0\n" if service == "rest" else "Preview: 1024\n"
        allow = "" if service in ("nopreview", "echo", "modify", "lie") else "Allow: 204\n"
        methods = "RESPMOD" if service == "options-no" else "REQMOD, RESPMOD"
        self.send(f'ICAP/1.0 200 OK\nMethods: {methods}\nISTag: "t-1"\n{preview}{allow}Max-Connections: 4\n'
                  "Options-TTL: 600\nEncapsulated: null-body=0\n\n")

    def exchange(self):
        head = self.until(b"\r\n\r\n").decode()
        method, url = head.split(" ")[:2]
        service = url.rsplit("/", 1)[1].split("?")[0]
        if method == "OPTIONS":
            self.options(service)
            return
        enc = re.search(r"Encapsulated: .*?(?:, res-hdr=(\d+))?, (\S+)-body=(\d+)", head)
        http = self.exactly(int(enc[3])).decode()
        preview = re.search(r"Preview: (\d+)", head)
        if service == "early":
            self.send("ICAP/1.0 204 No Content\n\n")
            time.sleep(0.2)
            raise Gone
        body, whole = (b"", True) if enc[2] == "null" else self.chunks()
        if preview and not whole and service not in ("found", "close", "hang", "garbage", "status"):
            self.send("ICAP/1.0 100 Continue\n\n")
            body += self.chunks()[0]
        with lock:
            print(self.number, method, service, preview[1] if preview else "-", len(body),
                  " ".join(http.split("\r\n")[0].split(" ")[:2]), file=self.log, flush=True)
        if service == "hang":
            time.sleep(60)
        elif service == "close":
            raise Gone
        elif service == "garbage":
            self.send("HTTP/1.1 200 OK\nContent-Length: 0\n\n")
        elif service == "status":
            self.send("ICAP/1.0 500 Server Error\nConnection: close\n\n")
            raise Gone
        elif service == "slow":
            time.sleep(1)
            self.send("ICAP/1.0 204 No Content\n\n")
        elif service in ("nopreview", "echo"):
            last = http.split("\r\n\r\n")[1 if method == "RESPMOD" else 0].replace("\r\n", "\n") + "\n\n"
            self.answer(last, body)
        elif service == "modify":
            self.answer("HTTP/1.1 200 OK\n\n", body[:-1] + b"?")
        elif service == "lie":
            self.answer("HTTP/1.1 200 OK\n\n", body[:10])
        elif service == "page":
            self.answer("HTTP/1.1 403 Forbidden\nContent-Type: text/html\n\n", b"<p>not permitted</p>")
        elif service == "found" and b"threat" in body:
            self.answer("HTTP/1.1 403 Forbidden\n\n", b"found",
                        "X-Infection-Found: Type=0; Resolution=2; Threat=Scripted.Threat;\n")
        else:
            self.send("ICAP/1.0 204 No Content\n\n")


def serve(sock, log):
    peer = None
    try:
        peer = Peer(sock, log)
        while True:
            peer.exchange()
    except (Gone, OSError, ssl.SSLError):
        pass
    sock.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tls", nargs=2)
    p.add_argument("--log", required=True)
    p.add_argument("address")
    p.add_argument("port", type=int)
    a = p.parse_args()
    context = None
    if a.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*a.tls)
    listener = socket.create_server((a.address, a.port), backlog=64)
    with open(a.log, "a", encoding="ascii") as log:
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                try:
                    sock = context.wrap_socket(sock, server_side=True)
                except (OSError, ssl.SSLError):
                    continue
            threading.Thread(target=serve, args=(sock, log), daemon=True).start()


main()
