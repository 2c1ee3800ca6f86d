#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What we forward of hostile HTTP/1.1 streams, read again by parsers that are not ours.

run.py [--seed N] [--cases N] [--seconds S] [--show N] H1_CANONICAL
Each case is read by us (h1_canonical); what we would forward is read by node, h11 and http.client.
They must see the same messages, fields, bodies, trailers and ends. Each also reads the original:
where we accept and it reads something else, that must be of a class in known.py.
Prints a summary, each unknown difference, and ends with 1 where there is one."""
import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import h11  # noqa: F401
except ImportError: # another Python than the distribution's, which has the package
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)

sys.dont_write_bytecode = True # the tree stays as it is
from cases import cases
from known import known_class
from readers import READERS
from reading import framed, run_canonical, unhex

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 1000
HOP = {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"content-length", b"upgrade",
       b"http2-settings", b"te", b"host", b"expect"}


def nodes(line):
    out = json.loads(line)
    for m in out["messages"]:
        m.update(method=bytes.fromhex(m["method"]), target=bytes.fromhex(m["target"]), fields=unhex(m["fields"]),
                 trailers=unhex(m["trailers"]), body=bytes.fromhex("".join(m["body"])))
    return out


def run_node(batch):
    with tempfile.NamedTemporaryFile() as f:
        f.write(framed(batch))
        f.flush()
        p = subprocess.run(["node", os.path.join(HERE, "node_reader.js"), f.name], stdout=subprocess.PIPE, check=True)
    return [nodes(line) for line in p.stdout.splitlines()]


def readings(batch):
    """For each case a dict of each reader's reading."""
    all_node = run_node(batch)
    return [dict({name: read(*case) for name, read in READERS.items()}, node=node)
            for case, node in zip(batch, all_node)]


def end_to_end(m):
    """The fields that must arrive, in their order: (lower name, value)."""
    return [(n.lower(), v) for n, v in m["fields"] if n.lower() not in HOP]


def arrive(expected, seen):
    """Nothing new, nothing else, order kept; what Connection named may be missing."""
    at = iter(expected)
    return all(any(one == other for other in at) for one in seen)


def named(m):
    return {e.strip().lower() for n, v in m["fields"] if n.lower() == b"connection" for e in v.split(b",")}


def comparable(reader, reading, method):
    """http.client keeps interim responses to itself."""
    return [m for m in reading["messages"] if reader != "http.client" or not 100 <= m["status"] < 200 or m["status"] == 101]


def same_message(reader, mine, theirs):
    """What differs between a message that we forwarded and their reading of it, or None."""
    if mine["status"] != theirs["status"]:
        return "status"
    if mine["status"] == 0 and (mine["method"], mine["path"] or mine["target"]) != (theirs["method"], theirs["target"]):
        return None if theirs["method"] == b"" and reader == "node" else "start line"
    if mine["status"] == 0 and [v for n, v in theirs["fields"] if n.lower() == b"host"] != [mine["host"] or b"192.0.2.1"]:
        return "host"
    want, seen = end_to_end(mine), end_to_end(theirs)
    if not arrive(want, seen) or {n for n, _ in want} - {n for n, _ in seen} - named(mine):
        return "fields"
    if mine["body"] != theirs["body"]:
        return "body"
    trailers = [(n.lower(), v) for n, v in mine["trailers"] if n.lower() not in HOP]
    if reader != "http.client" and trailers != [(n.lower(), v) for n, v in theirs["trailers"]]:
        return "trailers"
    return None


def forwarded_fault(reader, mine, theirs, method):
    """What a reader makes of what we forward must be what we meant."""
    a, b = comparable(reader, mine, method), comparable(reader, theirs, method)
    whole_a, whole_b = [m for m in a if m["whole"]], [m for m in b if m["whole"]]
    if len(whole_a) != len(whole_b):
        return f"{len(whole_a)} messages are whole, read as {len(whole_b)} ({theirs['error']})"
    for x, y in zip(whole_a, whole_b):
        if what := same_message(reader, x, y):
            return f"another {what}"
    if len(b) > len(a):
        return "more messages"
    last = mine["messages"][-1:]
    interim = bool(last) and 100 <= last[0]["status"] < 200 # the answer is still to come
    if theirs["error"] and not interim and all(m["whole"] for m in a) and len(a) == len(whole_b) and not mine["tunnel"] and not mine["error"]:
        return f"refused: {theirs['error']}"
    return None


def original_fault(reader, mine, theirs, method):
    """A message that we accept and they read in another way: what differs, or None."""
    a, b = comparable(reader, mine, method), comparable(reader, theirs, method)
    for x, y in zip([m for m in a if m["whole"]], b):
        if not y["whole"]:
            return None if theirs["error"] else "it sees no end"
        if x["status"] != y["status"]:
            return "status"
        if x["status"] == 0 and y["method"] and (x["method"], x["target"]) != (y["method"], y["target"]):
            return "start line"
        if x["body"] != y["body"]:
            return "body"
    if not mine["error"] and not mine["closed"] and not theirs["error"] and not mine["tunnel"] and not theirs["tunnel"] and len(a) != len(b):
        return "count"
    return None


class Tally:
    def __init__(self):
        self.cases = self.accepted = self.messages = 0
        self.refusals, self.stricter = collections.Counter(), collections.Counter()
        self.known, self.faults = collections.Counter(), []

    def fault(self, what, case, mine, theirs):
        self.faults.append((what, case, mine, theirs))

    def take(self, case, mine, again, original):
        side, method, _ = case
        self.cases += 1
        self.accepted += not mine["error"]
        self.messages += sum(m["whole"] for m in mine["messages"])
        self.refusals[mine["error"]] += bool(mine["error"])
        for reader in again:
            if again[reader] is None:
                continue
            if what := forwarded_fault(reader, mine, again[reader], method):
                name = known_class("forwarded", reader, what, case, mine, again[reader])
                if name:
                    self.known[name] += 1
                else:
                    self.fault(f"forwarded, {reader}: {what}", case, mine, again[reader])
            if what := original_fault(reader, mine, original[reader], method):
                name = known_class("original", reader, what, case, mine, original[reader])
                if name:
                    self.known[name] += 1
                else:
                    self.fault(f"original, {reader}: {what}", case, mine, original[reader])
            self.stricter[reader] += not mine["error"] and bool(original[reader]["error"])


def show(tally, most):
    seen = collections.Counter()
    for what, case, mine, theirs in tally.faults:
        seen[what] += 1
        if seen[what] > most:
            continue
        print(f"  {what}\n    original  {case[0]} {case[1]} {case[2]!r}\n    forwarded {mine['forwarded']!r}")
        print(f"    ours   {[(m['status'], m['method'], m['target'], m['body'], m['whole']) for m in mine['messages']]} {mine['error']}")
        print(f"    theirs {[(m['status'], m['method'], m['target'], m['body'], m['whole']) for m in theirs['messages']]} {theirs['error']}")
    return seen


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--cases", type=int, default=20000)
    p.add_argument("--seconds", type=float, default=60, help="at most")
    p.add_argument("--show", type=int, default=2, help="of each kind of difference")
    p.add_argument("program")
    o = p.parse_args()
    if not shutil.which("node"):
        sys.exit("run.py: no node")
    tally, source, end = Tally(), cases(o.seed), time.monotonic() + o.seconds
    while tally.cases < o.cases and (tally.cases == 0 or time.monotonic() < end):
        batch = [next(source) for _ in range(BATCH)]
        mine = run_canonical(o.program, batch)
        again = readings([(side, method, m["forwarded"]) for (side, method, _), m in zip(batch, mine)])
        for one in zip(batch, mine, again, readings(batch)):
            tally.take(*one)
    print(f"{tally.cases} cases, {tally.accepted} accepted whole, {tally.messages} messages forwarded")
    print("we refuse: " + ", ".join(f"{n} {k}" for k, n in tally.refusals.most_common() if k))
    print("accepted by us, refused by: " + ", ".join(f"{k} {n}" for k, n in tally.stricter.most_common()))
    for name, n in tally.known.most_common():
        print(f"known: {name}: {n}")
    seen = show(tally, o.show)
    for what, n in seen.most_common():
        print(f"DIFFERS {n} times: {what}")
    sys.exit(1 if tally.faults else 0)


main()
