#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The cases of cases.py through a whole gateway: what arrives is what h1_canonical reads, or less.

wire.py [--seed N] [--cases N] --client NETNS --origin NETNS H1_CANONICAL ADDRESS...
Plain HTTP from one namespace to listeners in another; one case at a time on each ADDRESS, so that
an origin's connection belongs to one case. Requests: whole ones that h11 reads at the origin must
be the first of those that we read. Responses: the client must get the first final one that we
read, or no whole success."""
import argparse
import ctypes
import os
import socket
import sys
import threading

sys.dont_write_bytecode = True # the tree stays as it is
try:
    import h11
except ImportError: # another Python than the distribution's, which has the package
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

from cases import cases
from readers import read_http_client
from reading import run_canonical

QUIET = 0.5 # seconds of silence after which nothing more is waited for


def within(name, action):
    """Sockets stay in the namespace in which they were made."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as own, open(f"/run/netns/{name}", "rb") as other:
        if libc.setns(other.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return action()
        finally:
            libc.setns(own.fileno(), 0x40000000)


def drain(s, enough=lambda data: False):
    """All that comes until the end, silence, or enough; and whether it was reset."""
    data = b""
    s.settimeout(QUIET)
    try:
        while not enough(data) and (piece := s.recv(65536)):
            data += piece
    except TimeoutError:
        pass
    except OSError:
        return data, True
    return data, False


class Origin:
    """Answers what h11 takes for a request, or with the bytes of a case."""

    def __init__(self, name, address):
        self.listener = within(name, lambda: socket.create_server((address, 80)))
        self.listener.settimeout(QUIET)
        self.seen, self.answer = [], None

    def serve(self):
        try:
            s, _ = self.listener.accept()
        except TimeoutError:
            return
        with s:
            s.settimeout(QUIET * 4)
            try:
                self.raw(s) if self.answer is not None else self.requests(s)
            except (OSError, h11.RemoteProtocolError):
                pass

    def raw(self, s):
        data = b""
        while b"\r\n\r\n" not in data and (piece := s.recv(65536)):
            data += piece
        s.sendall(self.answer)

    def requests(self, s):
        c, request, body = h11.Connection(h11.SERVER), None, b""
        while True:
            e = c.next_event()
            if e is h11.NEED_DATA:
                data = s.recv(65536)
                c.receive_data(data)
                if not data:
                    return
            elif isinstance(e, h11.Request):
                request, body = e, b""
            elif isinstance(e, h11.Data):
                body += bytes(e.data)
            elif isinstance(e, h11.EndOfMessage):
                host = dict(request.headers).get(b"host", b"")
                self.seen.append((request.method, request.target, host, body))
                s.sendall(c.send(h11.Response(status_code=200, headers=[("Content-Length", "0")])) + c.send(h11.EndOfMessage()))
                if c.our_state is not h11.DONE or c.their_state is not h11.DONE:
                    return
                c.start_next_cycle()
            else:
                return


class Lane(threading.Thread):
    """One address, one case after the other."""

    def __init__(self, o, address, work):
        super().__init__()
        self.o, self.address, self.work = o, address, work
        self.origin = Origin(o.origin, address)
        self.faults, self.expected, self.arrived = [], 0, 0

    def run(self):
        for case, mine in self.work:
            (self.request if case[0] == "request" else self.response)(case, mine)

    def connect(self):
        return within(self.o.client, lambda: socket.create_connection((self.address, 80), timeout=5))

    def exchange(self, data, answer, enough):
        self.origin.seen, self.origin.answer = [], answer
        t = threading.Thread(target=self.origin.serve)
        t.start()
        with self.connect() as s:
            try:
                s.sendall(data)
            except OSError:
                pass
            got = drain(s, enough)
        t.join()
        return got

    def request(self, case, mine):
        want = [(m["method"], m["path"] or m["target"], m["host"], m["body"]) for m in mine["messages"] if m["whole"]]
        self.exchange(case[2], None, lambda got: got.count(b"HTTP/1.1 ") >= len(want) + bool(mine["error"]) > 0)
        seen = [(m, t, h if w and w[2] else b"", b) for (m, t, h, b), w in
                zip(self.origin.seen, want + [None] * len(self.origin.seen))]
        self.expected, self.arrived = self.expected + len(want), self.arrived + len(seen)
        if seen != want[:len(seen)]:
            self.faults.append(("requests", case, want, seen))

    def response(self, case, mine):
        final = [m for m in mine["messages"] if not 100 <= m["status"] < 200]
        want = (final[0]["status"], final[0]["body"]) if final and final[0]["whole"] else None
        head = f"{case[1]} / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n".encode()
        data, reset = self.exchange(head, case[2], lambda got: False)
        reading = read_http_client("response", case[1], data)
        whole = [(m["status"], m["body"]) for m in reading["messages"] if m["whole"] and m["status"] >= 200]
        self.expected += want is not None
        self.arrived += whole[:1] == [want]
        if len(whole) > 1 or (whole and whole[0] != want and whole[0][0] not in (403, 502)) or (whole and reset):
            self.faults.append(("response", case, want, (whole, data, reset)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--cases", type=int, default=400)
    p.add_argument("--client", required=True)
    p.add_argument("--origin", required=True)
    p.add_argument("program")
    p.add_argument("address", nargs="+")
    o = p.parse_args()
    source = cases(o.seed)
    batch = [c for c in (next(source) for _ in range(o.cases)) if c[1] != "CONNECT"]
    work = list(zip(batch, run_canonical(o.program, batch)))
    lanes = [Lane(o, a, work[i::len(o.address)]) for i, a in enumerate(o.address)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    faults = [f for lane in lanes for f in lane.faults]
    expected, arrived = sum(x.expected for x in lanes), sum(x.arrived for x in lanes)
    for what, case, want, seen in faults[:10]:
        print(f"{what}: {case[1]} {case[2]!r}\n  want {want}\n  seen {seen}")
    print(f"cases {len(work)} expected {expected} arrived {arrived} faults {len(faults)}")
    sys.exit(1 if faults else 0)


main()
