# SPDX-License-Identifier: BSD-2-Clause
"""What the gateway spends while a command runs: bombs.py PARENT-PID COMMAND...

Prints what the command printed, then: processor time of all its processes in ms, those that ended among them; and the most
memory in MB beyond what it had before: memory of its own, and memory files anywhere (bodies, scratch space)."""
import os
import subprocess
import sys
import threading
import time

parent, command = int(sys.argv[1]), sys.argv[2:]
TICK = os.sysconf("SC_CLK_TCK")


def below(pid):
    """The process and its descendants."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            children = f.read().split()
    except OSError:
        children = []
    return [pid] + [p for c in children for p in below(int(c))]


def cpu():
    total = 0
    for pid in below(parent):
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15]))  # with children that were waited for
        except OSError:
            pass
    return total * 1000 // TICK


def kb(path, names):
    total = 0
    try:
        with open(path) as f:
            for line in f:
                if line.split(":")[0] in names:
                    total += int(line.split()[1])
    except OSError:
        pass
    return total


def memory():
    own = sum(kb(f"/proc/{pid}/smaps_rollup", ("Pss_Anon",)) for pid in below(parent))
    return own + kb("/proc/meminfo", ("Shmem",))


most, over = 0, threading.Event()


def watch():
    global most
    while not over.is_set():
        most = max(most, memory())
        time.sleep(0.005)


before, spent = memory(), cpu()
side = threading.Thread(target=watch)
side.start()
done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
time.sleep(0.1)
spent = cpu() - spent
over.set()
side.join()
print(done.stdout.decode().strip(), spent, max(0, most - before) // 1024)
