# SPDX-License-Identifier: BSD-2-Clause
"""An origin of large and slow bodies: sink.py [--tls CHAIN KEY] ADDRESS PORT.

GET /zeros/N: N zero bytes; GET /drops/N/S: N bytes, one each S seconds; PUT: how many bytes came;
GET /silent: a head that announces a byte, and nothing more; POST /early: an answer before the
request's body was read; /205 a 205."""
import argparse
import http.server
import ssl
import time

ZEROS = bytes(1 << 20)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def head(self, length, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def do_GET(self):
        what = self.path.split("/")
        if what[1] == "zeros":
            left = int(what[2])
            self.head(left)
            while left > 0:
                self.wfile.write(ZEROS[:left])
                left -= min(left, len(ZEROS))
        elif what[1] == "drops":
            self.head(int(what[2]))
            for _ in range(int(what[2])):
                self.wfile.write(b".")
                time.sleep(float(what[3]))
        elif what[1] == "silent":
            self.head(1)
            time.sleep(20)
        else:
            self.head(0, int(what[1]))

    def do_PUT(self):
        n, left = 0, int(self.headers["Content-Length"])
        while n < left and (piece := self.rfile.read1(1 << 20)):
            n += len(piece)
        text = str(n).encode()
        self.head(len(text))
        self.wfile.write(text)

    def do_POST(self):
        self.send_response(413)
        self.send_header("Content-Length", "5")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"early")
        self.wfile.flush()
        self.close_connection = True
        time.sleep(0.5)

    def log_message(self, *args):
        pass


p = argparse.ArgumentParser()
p.add_argument("--tls", nargs=2)
p.add_argument("address")
p.add_argument("port", type=int)
o = p.parse_args()
server = http.server.ThreadingHTTPServer((o.address, o.port), Handler)
if o.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*o.tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
