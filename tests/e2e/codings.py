# SPDX-License-Identifier: BSD-2-Clause
"""An origin whose content codings are as they may be, and as they should not be.

codings.py [--first FILE] ADDRESS PORT: /NAME is answered with that row of ROWS, /first/NAME with that
row where the first text is the file's; /bomb with a dense body.
codings.py --list prints the names of the rows. Each is made of one or two texts, so that it can
be seen what a client made of them."""
import argparse
import http.server
import random
import zlib


def gz(data, level=6):
    z = zlib.compressobj(level, zlib.DEFLATED, 31)
    return z.compress(data) + z.flush()


def raw(data):
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


def br(data):
    """One uncompressed meta-block and an empty last one (RFC 7932 section 9.2)."""
    return ((len(data) - 1) << 4 | 1 << 20).to_bytes(3, "little") + data + b"\x03"


def zstd(data):
    """One frame of one raw block (RFC 8878 section 3.1.1); at most 255 bytes."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + (len(data) << 3 | 1).to_bytes(3, "little") + data


def bomb():
    """90 MB in 700 KB: what cannot be compressed first, then zeros; below the cap on the ratio."""
    return gz(random.Random(1).randbytes(600000) + bytes(90 << 20))


SKIP = b"\x50\x2a\x4d\x18\x03\0\0\0abc"

# name: (Content-Encoding fields, body made of the first and the second text)
ROWS = {
    "plain": ([], lambda a, b: a),
    "gzip": (["gzip"], lambda a, b: gz(a)),
    "x-gzip": (["x-gzip"], lambda a, b: gz(a)),
    "gzip-capitals": (["GZIP"], lambda a, b: gz(a)),
    "gzip-members": (["gzip"], lambda a, b: gz(a) + gz(b)),
    "gzip-member-cut": (["gzip"], lambda a, b: gz(a) + gz(b)[:-9]),
    "gzip-trailing": (["gzip"], lambda a, b: gz(a) + b),
    "gzip-zeros": (["gzip"], lambda a, b: gz(a) + b"\0" * 16),
    "gzip-no-trailer": (["gzip"], lambda a, b: gz(a)[:-8]),
    "gzip-cut": (["gzip"], lambda a, b: gz(a, 0)[:-20]),
    "gzip-wrong-sum": (["gzip"], lambda a, b: gz(a)[:-8] + b"\1\2\3\4" + gz(a)[-4:]),
    "gzip-empty": (["gzip"], lambda a, b: b""),
    "gzip-zlib": (["gzip"], lambda a, b: zlib.compress(a)),
    "gzip-raw": (["gzip"], lambda a, b: raw(a)),
    "gzip-identity": (["gzip"], lambda a, b: a),
    "deflate": (["deflate"], lambda a, b: zlib.compress(a)),
    "deflate-raw": (["deflate"], lambda a, b: raw(a)),
    "deflate-gzip": (["deflate"], lambda a, b: gz(a)),
    "deflate-identity": (["deflate"], lambda a, b: a),
    "deflate-trailing": (["deflate"], lambda a, b: zlib.compress(a) + b),
    "deflate-twice": (["deflate"], lambda a, b: zlib.compress(a) + zlib.compress(b)),
    "deflate-wrong-sum": (["deflate"], lambda a, b: zlib.compress(a)[:-4] + b"\1\2\3\4"),
    "deflate-cut": (["deflate"], lambda a, b: zlib.compress(a, 0)[:-12]),
    "br": (["br"], lambda a, b: br(a)),
    "br-cut": (["br"], lambda a, b: br(a)[:-1]),
    "br-trailing": (["br"], lambda a, b: br(a) + b),
    "br-twice": (["br"], lambda a, b: br(a) + br(b)),
    "br-identity": (["br"], lambda a, b: a),
    "zstd": (["zstd"], lambda a, b: zstd(a)),
    "zstd-frames": (["zstd"], lambda a, b: zstd(a) + zstd(b)),
    "zstd-skip": (["zstd"], lambda a, b: SKIP + zstd(a) + SKIP),
    "zstd-trailing": (["zstd"], lambda a, b: zstd(a) + b),
    "zstd-cut": (["zstd"], lambda a, b: zstd(a)[:-3]),
    "stacked": (["deflate, gzip"], lambda a, b: gz(zlib.compress(a))),
    "stacked-fields": (["deflate", "gzip"], lambda a, b: gz(zlib.compress(a))),
    "once-of-two": (["gzip, gzip"], lambda a, b: gz(a)),
    "identity-gzip": (["identity"], lambda a, b: gz(a)),
    "gzip-identity-list": (["gzip, identity"], lambda a, b: gz(a)),
    "unknown": (["shrink"], lambda a, b: a),
    "unknown-gzip": (["shrink, gzip"], lambda a, b: gz(a)),
    "none": (["none"], lambda a, b: a),
    "empty-word": ([""], lambda a, b: a),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    texts = (b"first text\n", b"second text\n" * 16)
    first = b""

    def do_GET(self):
        texts = self.texts
        if self.path.startswith("/first/"):
            texts = (self.first, texts[1])
        row = ROWS.get(self.path.split("/")[-1])
        if self.path == "/bomb":
            row = (["gzip"], lambda a, b: Handler.bomb)
        if row is None:
            return self.send_error(404)
        body = row[1](*texts)
        self.send_response(200)
        for coding in row[0]:
            self.send_header("Content-Encoding", coding)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--list", action="store_true")
    p.add_argument("--first")
    p.add_argument("address", nargs="?")
    p.add_argument("port", nargs="?", type=int)
    o = p.parse_args()
    if o.list:
        print("\n".join(ROWS))
    else:
        if o.first:
            with open(o.first, "rb") as f:
                Handler.first = f.read()
        Handler.bomb = bomb()
        http.server.ThreadingHTTPServer((o.address, o.port), Handler).serve_forever()
