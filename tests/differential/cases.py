# SPDX-License-Identifier: BSD-2-Clause
"""Hostile HTTP/1.1 streams: a list of known tricks, and mutations of them by a seeded generator.

A case is (side, method, bytes): side is "request" or "response", method what a response answers."""
import random

H = b"Host: a.test\r\n"
G = b"GET /a HTTP/1.1\r\n" + H
P = b"POST /p HTTP/1.1\r\n" + H
NEXT = b"GET /next HTTP/1.1\r\n" + H + b"\r\n"
CH = b"Transfer-Encoding: chunked\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
OKNEXT = OK + b"Content-Length: 4\r\n\r\nnext"

REQUESTS = [
    G + b"\r\n", G + b"\r\n" + NEXT,
    P + b"Content-Length: 5\r\n\r\nhello" + NEXT,
    P + CH + b"\r\n5\r\nhello\r\n0\r\n\r\n" + NEXT,
    P + CH + b"\r\n5;a=b\r\nhello\r\n0;c\r\nX-Sum: 1\r\n\r\n" + NEXT,
    P + CH + b"\r\n1\r\na\r\nA\r\n0123456789\r\n00\r\n\r\n" + NEXT,
    # CL.TE, TE.CL, TE.TE, CL.0, 0.CL
    P + b"Content-Length: 6\r\n" + CH + b"\r\n0\r\n\r\nG" + NEXT,
    P + CH + b"Content-Length: 3\r\n\r\n1\r\nZ\r\n0\r\n\r\n" + NEXT,
    P + CH + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer-Encoding: chunked, identity\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b" Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Transfer-Encoding\x00: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + NEXT,
    P + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!" + NEXT,
    P + b"Content-Length: 5, 5\r\n\r\nhello" + NEXT,
    P + b"Content-Length: +5\r\n\r\nhello" + NEXT,
    P + b"Content-Length: 0x5\r\n\r\nhello" + NEXT,
    P + b"Content-Length: 5 5\r\n\r\nhello" + NEXT,
    P + b"Content-Length: 00005\r\n\r\nhello" + NEXT,
    P + b"Content-Length: 5\x0b\r\n\r\nhello" + NEXT,
    P + b"Content-Length: 18446744073709551621\r\n\r\nhello" + NEXT,
    P + b"Content-Length:\r\n\r\n" + NEXT,
    b"GET /a HTTP/1.1\r\n" + H + b"Content-Length: 44\r\n\r\n" + NEXT,
    # chunks that two parsers cut differently
    P + CH + b"\r\n5\nhello\r\n0\r\n\r\n" + NEXT, P + CH + b"\r\n5\r\nhello0\r\n\r\n" + NEXT,
    P + CH + b"\r\n5 \r\nhello\r\n0\r\n\r\n" + NEXT, P + CH + b"\r\n0x5\r\nhello\r\n0\r\n\r\n" + NEXT,
    P + CH + b"\r\n5;\nx\r\nhello\r\n0\r\n\r\n" + NEXT, P + CH + b"\r\n5\r\rhello\r\n0\r\n\r\n" + NEXT,
    P + CH + b"\r\n10000000000000005\r\nhello\r\n0\r\n\r\n" + NEXT,
    P + CH + b"\r\n-1\r\nhello\r\n0\r\n\r\n" + NEXT, P + CH + b"\r\n5\r\nhello\r\n0\r\n\n" + NEXT,
    P + CH + b"\r\n5;a=\"\r\nhello\r\n0\r\n\r\n\"\r\n0\r\n\r\n" + NEXT,
    P + CH + b"\r\n5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n" + NEXT,
    P + CH + b"\r\n5\r\nhello\r\n0\r\nHost: b\r\nTransfer-Encoding: x\r\n\r\n" + NEXT,
    P + CH + b"\r\n3\r\nabcde\r\n0\r\n\r\n" + NEXT,
    # targets, hosts, versions, starts
    b"GET http://a.test/x HTTP/1.1\r\n" + H + b"\r\n" + NEXT,
    b"GET http://b.test/x HTTP/1.1\r\n" + H + b"\r\n" + NEXT,
    b"GET HTTPS://a.test HTTP/1.1\r\n" + H + b"\r\n", b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n" + NEXT,
    b"OPTIONS http://a.test HTTP/1.1\r\n" + H + b"\r\n" + NEXT,
    b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n" + NEXT,
    b"GET /a HTTP/1.0\r\n\r\n" + NEXT, b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + NEXT,
    b"POST /a HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", b"GET /a\r\n\r\n" + NEXT,
    b"GET /a HTTP/1.2\r\n" + H + b"\r\n" + NEXT, b"GET /a HTTP/1.1\r\n" + H + H + b"\r\n" + NEXT,
    b"GET /a HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n", b"GET /a HTTP/1.1\r\nHost:\r\n\r\n" + NEXT,
    b"GET /a HTTP/1.1\r\nhost: A.test:80\r\n\r\n" + NEXT, b"GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n" + NEXT,
    b"GET /a b HTTP/1.1\r\n" + H + b"\r\n", b"GET  /a HTTP/1.1\r\n" + H + b"\r\n",
    b"\r\n" + G + b"\r\n" + NEXT, b"\r\n\r\n" + G + b"\r\n", b"\n" + G + b"\r\n", b" " + G + b"\r\n",
    b"GET /a#b HTTP/1.1\r\n" + H + b"\r\n", b"GET /a?b=\"<>\\^`{|} HTTP/1.1\r\n" + H + b"\r\n" + NEXT,
    b"PROPFIND /a HTTP/1.1\r\n" + H + b"\r\n" + NEXT, b"TRACE /a HTTP/1.1\r\n" + H + b"\r\n" + NEXT,
    # fields
    G + b"Connection: close\r\n\r\n", G + b"Connection: keep-alive, X\r\nX: y\r\n\r\n" + NEXT,
    P + b"Connection: Content-Length, Host, Authorization\r\nAuthorization: z\r\nContent-Length: 5\r\n\r\nhello" + NEXT,
    P + b"Connection: Transfer-Encoding\r\n" + CH + b"\r\n5\r\nhello\r\n0\r\n\r\n" + NEXT,
    G + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n" + NEXT,
    G + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + NEXT,
    P + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" + NEXT,
    P + b"Expect: y 100-continue\r\nContent-Length: 5\r\n\r\nhello" + NEXT,
    G + b"TE: trailers\r\nX-Empty:\r\nX-Tab:\ta\tb\t\r\nX-High: \xe9\xff\x85\xa0\r\nX: ,;=\"\r\n\r\n" + NEXT,
    G + b"X: a\x00b\r\n\r\n", G + b"X: a\x1cb\r\n\r\n", G + b"X : a\r\n\r\n", G + b": a\r\n\r\n", G + b"X\r\n\r\n",
    G + b"X-" + b"n" * 200 + b": " + b"v" * 2000 + b"\r\n\r\n" + NEXT,
    G + b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(40)) + b"\r\n" + NEXT,
    G + b"Cookie: a=b\r\nCookie: c=d\r\nVia: 1.1 x\r\nMax-Forwards: 0\r\nProxy-Authorization: y\r\n\r\n" + NEXT,
]

RESPONSES = [("GET", r) for r in [
    OK + b"Content-Length: 5\r\n\r\nhello", OK + b"Content-Length: 5\r\n\r\nhello" + OKNEXT,
    OK + CH + b"\r\n5\r\nhello\r\n0\r\n\r\n" + OKNEXT,
    OK + CH + b"\r\n5;x\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n" + OKNEXT,
    OK + b"\r\nuntil the end", OK + b"Connection: close\r\n\r\n", OK + b"Content-Length: 0\r\n\r\n" + OKNEXT,
    b"HTTP/1.0 200 OK\r\n\r\nold", b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold" + OKNEXT,
    b"HTTP/1.0 200 OK\r\n" + CH + b"\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OKNEXT, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OKNEXT,
    b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + OKNEXT,
    b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw", b"HTTP/1.1 101 Switching\r\n\r\nraw",
    b"HTTP/1.1 204 No Content\r\n\r\n" + OKNEXT, b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n" + OKNEXT,
    b"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello" + OKNEXT, b"HTTP/1.1 204 No\r\n" + CH + b"\r\n0\r\n\r\n" + OKNEXT,
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" + OKNEXT,
    b"HTTP/1.1 304 Not Modified\r\n" + CH + b"\r\n" + OKNEXT, b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n" + OKNEXT,
    OK + b"Content-Length: 5\r\n" + CH + b"\r\n5\r\nhello\r\n0\r\n\r\n" + OKNEXT,
    OK + CH + b"Content-Length: 5\r\n\r\n0\r\n\r\n" + OKNEXT,
    OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", OK + b"Content-Length: 5,5\r\n\r\nhello",
    OK + b"Content-Length: +5\r\n\r\nhello", OK + b"Content-Length: 5;\r\n\r\nhello", OK + b"Content-Length: -1\r\n\r\n",
    OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", OK + b"Transfer-Encoding: identity\r\n\r\nhello",
    OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", OK + b"Transfer-Encoding:\tchunked \r\n\r\n0\r\n\r\n" + OKNEXT,
    OK + CH + b"\r\n5\nhello\r\n0\r\n\r\n", OK + CH + b"\r\n5 \r\nhello\r\n0\r\n\r\n", OK + CH + b"\r\nhello",
    OK + CH + b"\r\n5\r\nhello\r\n0\r\nSet-Cookie: a\r\n\r\n", OK + CH + b"\r\n5\r\nhello\r\n",
    OK + b"Content-Length: 50\r\n\r\nshort", OK + b"Content-Length : 5\r\n\r\nhello",
    OK + b"X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello", OK + b"X: a\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello" + OKNEXT, b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n" + OKNEXT,
    b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1  200 OK\r\n\r\n", b"HTTP/2.0 200 OK\r\n\r\n", b"ICY 200 OK\r\n\r\n",
    b"HTTP/1.1 200 O\x00K\r\n\r\n", b"HTTP/1.1 200 caf\xe9\r\nContent-Length: 0\r\n\r\n" + OKNEXT, b"<html>hello",
    b"\r\n" + OKNEXT, b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    OK + b"Set-Cookie: a\r\nSet-Cookie: b\r\nX:\r\nX-High: \x85\xa0\xff\r\nContent-Length: 0\r\n\r\n" + OKNEXT,
    OK + b"Connection: X, Content-Length\r\nX: y\r\nContent-Length: 5\r\n\r\nhello" + OKNEXT,
]] + [("HEAD", r) for r in [
    OK + b"Content-Length: 5\r\n\r\n" + OKNEXT, OK + CH + b"\r\n" + OKNEXT, OK + b"\r\n" + OKNEXT,
    OK + b"Content-Length: 5\r\n\r\nhello", b"HTTP/1.1 100 C\r\n\r\n" + OK + b"Content-Length: 9\r\n\r\n",
]]

LINES = [
    b"Content-Length: 5", b"Content-Length: 0", b"content-length:5", b"Content-Length: 5 ", b"Content-Length: +5",
    b"Content-Length: 5,6", b"Content-Length\t: 5", b"Content-Length: 0x5", b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: chunked", b"transfer-encoding:chunked", b"Transfer-Encoding: Chunked ", b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked;x=y", b"Transfer-Encoding:", b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: chunked\x0b", b"X: y\n Transfer-Encoding: chunked", b"Transfer_Encoding: chunked", b"Host: b.test", b"Host:",
    b"Host: a.test", b"Connection: close", b"Connection: keep-alive", b"Connection: Content-Length", b"Connection: Host, TE",
    b"Connection: upgrade\r\nUpgrade: websocket", b"Upgrade: h2c", b"TE: trailers", b"TE: gzip", b"Trailer: X-Sum", b"Expect: 100-continue",
    b"Expect: x", b"X: a\tb", b"X:", b"X: \xe9\x85", b"X: \"a, b\"", b" folded", b"\tfolded: x", b"no colon", b": no name", b"X\xa0: y",
    b"X: \x00", b"X: \x1f", b"X: \x7f", b"Keep-Alive: 5", b"Proxy-Connection: close", b"Max-Forwards: 0", b"Content-Type: a/b",
]
BYTES = [b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"0", b"5", b"f", b"\x0b", b"\x0c", b"\x1c", b"\x7f", b"\x85", b"\xa0",
         b"\xff", b"\"", b"\\", b"+", b"-", b"x", b"_", b"#", b"?", b"/", b"HTTP/1.1", b"HTTP/1.0", b"\r\n\r\n", b"0\r\n\r\n"]
ENDS = [b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r\n", b" \r\n", b"\t\r\n", b"\r\n "]


def add_line(r, s):
    lines = s.split(b"\r\n")
    lines.insert(r.randrange(1, min(len(lines), 6) + 1), r.choice(LINES))
    return b"\r\n".join(lines)


def change_byte(r, s):
    at = r.randrange(len(s) + 1)
    return s[:at] + r.choice(BYTES) + s[at + r.randrange(2):]


def drop_bytes(r, s):
    at = r.randrange(len(s) + 1)
    return s[:at] + s[at + r.randrange(1, 4):]


def change_end(r, s):
    pieces = s.split(b"\r\n")
    at = r.randrange(1, len(pieces)) if len(pieces) > 1 else 0
    return b"\r\n".join(pieces[:at]) + r.choice(ENDS) + b"\r\n".join(pieces[at:])


def move_line(r, s):
    lines = s.split(b"\r\n")
    a, b = r.randrange(len(lines)), r.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\r\n".join(lines)


def repeat_line(r, s):
    lines = s.split(b"\r\n")
    lines.insert(r.randrange(len(lines) + 1), r.choice(lines))
    return b"\r\n".join(lines)


def cut(r, s):
    return s[:r.randrange(len(s) + 1)]


MUTATIONS = [add_line, add_line, add_line, change_byte, change_byte, drop_bytes, change_end, move_line, repeat_line, cut]


def mutate(r, s, others):
    for _ in range(r.choice([1, 1, 1, 2, 2, 3])):
        s = r.choice(MUTATIONS)(r, s)
    return s + r.choice(others) if r.random() < 0.2 else s


def cases(seed):
    """All tricks as they are, then mutations without end."""
    yield from (("request", "GET", s) for s in REQUESTS)
    yield from (("response", m, s) for m, s in RESPONSES)
    r = random.Random(seed)
    answers = [s for _, s in RESPONSES]
    while True:
        yield "request", "GET", mutate(r, r.choice(REQUESTS), REQUESTS)
        method, s = r.choice(RESPONSES)
        yield "response", method, mutate(r, s, answers)
