# SPDX-License-Identifier: BSD-2-Clause
"""The origin's backend in a lab: answers an upload with its digest, and sends chunked bodies.

Each complete upload becomes one line "METHOD PATH BYTES SHA256 CLIENT" in the file that is named
on the command line. nginx passes an upload on only when it is complete."""
import hashlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOG = sys.argv[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self):
        """Yields the request's body in pieces, whatever its framing is."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(1024).split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline(65536) not in (b"\r\n", b""):
                pass
            return
        left = int(self.headers.get("Content-Length", 0))
        while left > 0 and (piece := self.rfile.read(min(left, 1 << 20))):
            left -= len(piece)
            yield piece

    def answer(self, text):
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        digest, size = hashlib.sha256(), 0
        for piece in self.body():
            digest.update(piece)
            size += len(piece)
        line = f"{self.command} {self.path} {size} {digest.hexdigest()} {self.headers.get('X-Real-IP')}\n"
        with open(LOG, "a", encoding="ascii") as f:
            f.write(line)
        self.answer(digest.hexdigest() + "\n")

    do_PUT = do_POST

    def do_GET(self):
        """/chunked/N: N times the same line, chunked in uneven pieces. /echo: the request's head."""
        if not self.path.startswith("/chunked/"):
            return self.answer(f"{self.requestline}\n{self.headers}")
        data = b"a clean line of text\n" * int(self.path.rsplit("/", 1)[1])
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        at, step = 0, 1
        while at < len(data):
            piece = data[at:at + step]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            at, step = at + step, step * 3 % 65521
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 9000), Handler)
server.daemon_threads = True
open(LOG, "a", encoding="ascii").close()
server.serve_forever()
