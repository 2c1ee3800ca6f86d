# SPDX-License-Identifier: BSD-2-Clause
"""ClientHellos of every shape, byte for byte, and what comes back.

hellos.py HOST PORT ADDRESS [CASE...]: prints a line for each case: NAME, a tab, and the answer:
`server_hello`, `retry` (HelloRetryRequest), `alert N`, `fin`, `reset`, `silence`; for a case that is
sent in many ways, the answer that all got, or the first that differs."""
import concurrent.futures
import hashlib
import os
import socket
import sys
import time

HOST, PORT, ADDRESS = sys.argv[1], int(sys.argv[2]), sys.argv[3]
NAME = b"www.origin.test"
GREASE = [b"\x0a\x0a", b"\x1a\x1a", b"\x2a\x2a", b"\x3a\x3a", b"\x4a\x4a", b"\x5a\x5a"]
RETRY = hashlib.sha256(b"HelloRetryRequest").digest()
X25519, P256, P521, PQ = b"\x00\x1d", b"\x00\x17", b"\x00\x19", b"\x11\xec"
SUITES = bytes.fromhex("130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035")
SIGNATURES = bytes.fromhex("0403080404010503080505010806060102010203")


def vec(n, data):
    return len(data).to_bytes(n, "big") + data


def ext(kind, body):
    return (kind if isinstance(kind, bytes) else kind.to_bytes(2, "big")) + vec(2, body)


def sni(*names):
    return ext(0, vec(2, b"".join(b"\0" + vec(2, n) for n in names)))


def share(group):
    size = {X25519: 32, PQ: 1184 + 32}.get(group)
    if group == P256:  # the base point: a point is on the curve or it is refused
        return group + vec(2, b"\x04" + bytes.fromhex(
            "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))
    return group + vec(2, os.urandom(size) if size else b"\x01")


def hello(names=(NAME,), last=False, groups=(X25519, P256), shares=(X25519,), versions=b"\x03\x04\x03\x03",
          suites=SUITES, extra=b"", grease=False, size=0, extensions=True, protocols=(b"http/1.1",)):
    """A handshake message; size: padded to that many bytes."""
    if grease:
        suites, versions = GREASE[0] + suites, GREASE[1] + versions
        groups, shares = (GREASE[2], *groups), (GREASE[2], *shares)
        protocols = (GREASE[5], *protocols)
    head = b"\x03\x03" + os.urandom(32) + vec(1, os.urandom(32)) + vec(2, suites) + b"\x01\x00"
    name = sni(*names) if names else b""
    body = ext(10, vec(2, b"".join(groups))) + ext(13, vec(2, (GREASE[3] if grease else b"") + SIGNATURES))
    body += ext(43, vec(1, versions)) + ext(51, vec(2, b"".join(share(g) for g in shares)))
    body += ext(45, b"\x01\x01") + ext(16, vec(2, b"".join(vec(1, p) for p in protocols))) + extra
    if grease:
        body = ext(GREASE[4], b"") + body + ext(GREASE[5], b"\0")
    body = body + name if last else name + body
    if size:
        body += ext(21, bytes(max(size - 4 - len(head) - 2 - len(body) - 4, 0)))
    if not extensions:
        return b"\x01" + vec(3, head)
    return b"\x01" + vec(3, head + vec(2, body))


def records(message, each=16384):
    return b"".join(b"\x16\x03\x01" + vec(2, message[i:i + each]) for i in range(0, len(message), each))


def whole(data):
    return [data]


def pieces(data, n):
    return [data[i:i + n] for i in range(0, len(data), n)]


def answer(s, wait):
    s.settimeout(wait)
    data = b""
    try:
        while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
            piece = s.recv(4096)
            if not piece:
                return "fin"
            data += piece
    except TimeoutError:
        return "silence"
    except OSError:
        return "reset"
    if data[0] == 21:
        return f"alert {data[6]}"
    if data[0] == 22 and data[5] == 2:
        return "retry" if data[11:43] == RETRY else "server_hello"
    return "other " + data[:8].hex()


def send(parts, gap=0.0, wait=20):
    try:
        with socket.create_connection((HOST, PORT), timeout=wait) as s:
            s.setsockopt(socket.SOL_TCP, socket.TCP_NODELAY, 1)
            try:
                for i, part in enumerate(parts):
                    if i:
                        time.sleep(gap)
                    s.sendall(part)
            except OSError:
                pass  # refused before all was said; the answer tells
            return answer(s, wait)
    except OSError as e:
        return f"connect {e}"


def all_of(many):
    """The same answer to all, or how it differs."""
    seen = {}
    for label, parts in many:
        seen.setdefault(send(parts, 0.002), []).append(label)
    if len(seen) == 1:
        return f"{next(iter(seen))} to all {len(many)}"
    return "; ".join(f"{k}: {len(v)} ({v[0]})" for k, v in seen.items())


def cuts(message, step=1):
    data = records(message)
    return [(i, [data[:i], data[i:]]) for i in range(1, len(data), step)]


SSL2 = b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80\x03\x00\x80\x07\x00\xc0\x06\x00\x40\x02\x00\x80\x04\x00\x80" + \
    bytes(16) + b"\x00"
PQ_HELLO = {"groups": (PQ, X25519, P256), "shares": (PQ, X25519)}

CASES = {
    **{f"of {n} bytes": (lambda n=n: send(whole(records(hello(size=n))))) for n in (300, 511, 512, 517, 1500, 4096, 9000, 16380, 40000)},
    "cut at each byte": lambda: all_of(cuts(hello(size=300))),
    "of 16 KiB, cut at every 97th byte": lambda: all_of(cuts(hello(size=16380), 97)),
    **{f"in records of {n} bytes": (lambda n=n: send(whole(records(hello(size=1600), n)))) for n in (1399, 400, 32, 4, 1)},
    "in records of 1 byte, each in a segment": lambda: send(pieces(records(hello(size=300), 1), 6), 0.0005),
    "of 16 KiB in 1-byte pieces": lambda: send(pieces(records(hello(size=16380)), 1)),
    "of 330 bytes, one each 10 ms": lambda: send(pieces(records(hello(size=330)), 1), 0.01),
    "of 18 KB in records of 2 bytes": lambda: send(whole(records(hello(size=18000), 2))),
    "name first": lambda: send(whole(records(hello()))),
    "name last": lambda: send(whole(records(hello(last=True)))),
    "name absent": lambda: send(whole(records(hello(names=())))),
    "name with a trailing dot": lambda: send(whole(records(hello(names=(NAME + b".",))))),
    "name in capitals": lambda: send(whole(records(hello(names=(NAME.upper(),))))),
    "name is the address called": lambda: send(whole(records(hello(names=(ADDRESS.encode(),))))),
    "name is another address": lambda: send(whole(records(hello(names=(b"10.77.2.77",))))),
    "name is half an address": lambda: send(whole(records(hello(names=(b"10.1",))))),
    "two names": lambda: send(whole(records(hello(names=(NAME, b"bank.origin.test"))))),
    "the name twice": lambda: send(whole(records(hello(extra=sni(b"bank.origin.test"))))),
    "name of 255 bytes": lambda: send(whole(records(hello(names=(b"a" * 63 + b"." + b"b" * 63 + b"." + b"c" * 63 + b"." + b"d" * 63,))))),
    "empty name": lambda: send(whole(records(hello(names=(b"",))))),
    "name with NUL": lambda: send(whole(records(hello(names=(NAME + b"\0.example",))))),
    "GREASE everywhere": lambda: send(whole(records(hello(grease=True)))),
    "GREASE everywhere, in records of 7 bytes": lambda: send(whole(records(hello(grease=True), 7))),
    "X25519 alone": lambda: send(whole(records(hello(groups=(X25519,), shares=(X25519,), versions=b"\x03\x04")))),
    "P-256 alone": lambda: send(whole(records(hello(groups=(P256,), shares=(P256,))))),
    "a share we lack": lambda: send(whole(records(hello(groups=(P521, X25519), shares=(P521,))))),
    "no share": lambda: send(whole(records(hello(shares=())))),
    "no group in common": lambda: send(whole(records(hello(groups=(P521,), shares=(P521,), versions=b"\x03\x04")))),
    "no extension": lambda: send(whole(records(hello(extensions=False)))),
    "TLS 1.1 alone": lambda: send(whole(records(hello(versions=b"\x03\x02")))),
    "old suites alone": lambda: send(whole(records(hello(suites=b"\x00\x2f\x00\x35\xc0\x13", versions=b"\x03\x03")))),
    "SSLv2": lambda: send(whole(SSL2)),
    "post-quantum": lambda: send(whole(records(hello(**PQ_HELLO)))),
    "post-quantum in two segments": lambda: all_of(cuts(hello(**PQ_HELLO), 61)),
    "post-quantum in 1-byte pieces": lambda: send(pieces(records(hello(**PQ_HELLO)), 1)),
    "post-quantum alone": lambda: send(whole(records(hello(groups=(PQ, X25519), shares=(PQ,))))),
    "another message": lambda: send(whole(records(b"\x02" + hello()[1:]))),
    "two messages in a record": lambda: send(whole(records(hello() + hello()))),
    "an empty record": lambda: send(whole(b"\x16\x03\x01\x00\x00" + records(hello()))),
    "a record between": lambda: send(whole(records(hello()[:100]) + b"\x14\x03\x03\x00\x01\x01" + records(hello()[100:]))),
    "16 MB announced": lambda: send(whole(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff")),
    "over the limit": lambda: send(whole(records(hello(size=65000), 8))),
    "half, then nothing": lambda: send(whole(records(hello())[:100]), wait=30),
    "one byte, then nothing": lambda: send(whole(b"\x16"), wait=30),
    "too slow": lambda: send(pieces(records(hello(size=4096)), 4), 0.03, wait=30),
}

wanted = sys.argv[4:] or list(CASES)
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for case, result in [(c, pool.submit(CASES[c])) for c in wanted]:
        print(f"{case}\t{result.result()}", flush=True)
