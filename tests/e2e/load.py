# SPDX-License-Identifier: BSD-2-Clause
"""A mixed load for leak tests: load.py --ca FILE --count N --jobs J. Prints "done N bad B".

Eight of ten requests go over connections that are kept for some time, tls and plain; others are
uploads, blocked downloads, refused origins, malformed requests and clients that go away early."""
import argparse
import http.client
import random
import socket
import ssl
import threading

o = argparse.ArgumentParser()
o.add_argument("--ca", required=True)
o.add_argument("--count", type=int, required=True)
o.add_argument("--jobs", type=int, default=8)
o = o.parse_args()
context = ssl.create_default_context(cafile=o.ca)
lock, left, finished, bad = threading.Lock(), o.count, 0, []


def connect(tls, host="www.origin.test"):
    if tls:
        return http.client.HTTPSConnection(host, timeout=30, context=context)
    return http.client.HTTPConnection(host, timeout=30)


def ask(c, method, path, want, body=None, chunked=False):
    c.request(method, path, body=iter([body]) if chunked else body,
              headers={"Transfer-Encoding": "chunked"} if chunked else {}, encode_chunked=chunked)
    r = c.getresponse()
    r.read()
    if r.status != want:
        raise ValueError(f"{method} {path}: {r.status}")


def go_away(tls):
    """A client that leaves in the middle of an answer."""
    c = connect(tls)
    c.request("GET", "/2m.bin")
    c.getresponse().read(1000)
    c.close()


def malformed():
    with socket.create_connection(("www.origin.test", 80), timeout=30) as s:
        s.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        if not s.recv(65536).startswith(b"HTTP/1.1 400"):
            raise ValueError("malformed: no 400")


def one(r, kept):
    kind = r.random()
    tls = r.random() < 0.6
    if kind < 0.80:
        c = kept.setdefault(tls, connect(tls))
        path = r.choice(["/1k.bin", "/index.html", "/clean-gz", "/204", "/chunked/10"])
        ask(c, "GET", path, 204 if path == "/204" else 200)
        if r.random() < 0.05:
            kept.pop(tls).close()
    elif kind < 0.86:
        c = connect(tls)
        ask(c, "POST", "/upload/x", 200, b"x" * r.randrange(1, 20000), r.random() < 0.5)
        c.close()
    elif kind < 0.91:
        c = connect(tls)
        ask(c, "GET", r.choice(["/eicar.com", "/eicar.zip", "/eicar-gz"]), 403)
        c.close()
    elif kind < 0.94:
        c = connect(True, "expired.origin.test")
        refused(c)
        c.close()
    elif kind < 0.97:
        malformed()
    else:
        go_away(tls)


def refused(c):
    """A program is told by an alert that the origin was refused."""
    try:
        c.request("GET", "/")
        status = c.getresponse().status
    except ssl.SSLError as e:
        if "ACCESS_DENIED" not in str(e):
            raise
        return
    raise ValueError(f"a refused origin answers {status}")


def job(seed):
    global left, finished
    r, kept = random.Random(seed), {}
    while True:
        with lock:
            if left == 0:
                break
            left -= 1
        try:
            one(r, kept)
        except (OSError, ValueError, http.client.HTTPException) as e:
            kept.clear()
            with lock:
                bad.append(repr(e))
        with lock:
            finished += 1
    for c in kept.values():
        c.close()


threads = [threading.Thread(target=job, args=(n,)) for n in range(o.jobs)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(f"done {finished} bad {len(bad)} {bad[:5]}")
