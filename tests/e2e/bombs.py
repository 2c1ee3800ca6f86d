# SPDX-License-Identifier: BSD-2-Clause
"""What the gateway spends while bombs go through it: bombs.py PARENT-PID CURL-OPTION... <ROWS

A row is a name, a tab and what curl gets besides; they run one after the other, while another client's small bodies, each
its own, go up all the time. For each row: status, processor time of all the gateway's processes in ms, those that ended
among them, and the most memory in MB beyond what it had before: memory of their own, bodies (memory files) and scratch
space; then the name. At the end: "others", how many, how many of them were refused or failed, the longest in ms."""
import http.client
import os
import shlex
import subprocess
import sys
import threading
import time

parent, curl = int(sys.argv[1]), ["curl", *sys.argv[2:]]
TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def below(pid):
    """The process and its descendants."""
    return [pid] + [p for c in read(f"/proc/{pid}/task/{pid}/children").split() for p in below(int(c))]


def cpu():
    total = 0
    for pid in below(parent):
        fields = read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()
        total += sum(map(int, fields[11:15]))  # with children that were waited for
    return total * 1000 // TICK


def own(pid):
    """Bytes of its own memory: what is resident but for files."""
    fields = read(f"/proc/{pid}/statm").split()
    return (int(fields[1]) - int(fields[2])) * PAGE if fields else 0


def memfds(pid):
    """The memory files that it has open: by number, so that those of several processes count once."""
    found = {}
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{fd}"
            if os.readlink(path).startswith("/memfd:"):
                st = os.stat(path)
                found[st.st_dev, st.st_ino] = st.st_blocks * 512
    except OSError:
        pass  # it ended meanwhile
    return found


def scratch(pid):
    """The tmpfs mounts that it has and we have not: device and path."""
    found = []
    for line in read(f"/proc/{pid}/mountinfo").splitlines():
        fields = line.split()
        if " - tmpfs " in line and fields[2] not in ours:
            found.append((fields[2], f"/proc/{pid}/root{fields[4]}"))
    return found


ours = ()
ours = {device for device, _ in scratch(os.getpid())}


class Memory:
    """Bytes beyond a baseline. A process that is new counts from what it was forked with."""

    def __init__(self):
        self.base, self.mounts, self.files, self.most = {}, {}, 0, 0
        self.look()
        self.files, self.most = self.most, 0

    def held(self, pids):
        files, used = {}, {}
        for pid in pids:
            files.update(memfds(pid))
            if pid not in self.mounts:
                self.mounts[pid] = scratch(pid)
            for device, path in self.mounts[pid]:
                try:
                    st = os.statvfs(path)
                    used[device] = (st.f_blocks - st.f_bfree) * st.f_frsize
                except OSError:
                    pass
        return sum(files.values()) + sum(used.values())

    def look(self):
        pids, total = below(parent), 0
        for pid in pids:
            now = own(pid)
            total += max(0, now - self.base.setdefault(pid, now))
        self.most = max(self.most, total + self.held(pids) - self.files)


def watch(memory, over):
    while not over.is_set():
        memory.look()
        time.sleep(0.005)


def run(name, args):
    memory, over = Memory(), threading.Event()
    side, spent = threading.Thread(target=watch, args=(memory, over)), cpu()
    side.start()
    done = subprocess.run(curl + args, stdout=subprocess.PIPE, check=False)
    spent = cpu() - spent
    over.set()
    side.join()
    print(done.stdout.decode().strip(), spent, memory.most >> 20, name, flush=True)


def others(over, took, wrong):
    n = 0
    while not over.is_set():
        n += 1
        start = time.monotonic()
        try:
            c = http.client.HTTPConnection("v4.origin.test", timeout=20)
            c.request("PUT", "/upload/other", f"a small text, number {n} at {start}")
            if c.getresponse().status >= 300:
                wrong.append(n)
        except OSError:
            wrong.append(n)
        took.append(time.monotonic() - start)
        time.sleep(0.05)


over, took, wrong = threading.Event(), [], []
side = threading.Thread(target=others, args=(over, took, wrong))
side.start()
for row in sys.stdin:
    name, args = row.rstrip("\n").split("\t", 1)
    run(name, shlex.split(args))
over.set()
side.join()
print("others", len(took), len(wrong), round(max(took) * 1000))
