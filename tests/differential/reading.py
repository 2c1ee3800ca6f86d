# SPDX-License-Identifier: BSD-2-Clause
"""Our own reading of cases, by the program h1_canonical."""
import json
import subprocess


def framed(batch):
    return b"".join(b"%s %s %d\n%s" % (side.encode(), method.encode(), len(data), data) for side, method, data in batch)


def unhex(pairs):
    return [(bytes.fromhex(n), bytes.fromhex(v)) for n, v in pairs]


def ours(line):
    out = json.loads(line)
    for m in out["messages"]:
        m.update({k: bytes.fromhex(m[k]) for k in ("method", "target", "path", "host")})
        m.update(fields=unhex(m["fields"]), trailers=unhex(m.get("trailers", [])),
                 body=bytes.fromhex("".join(m["body"])), whole=m.get("whole", False) or 100 <= m["status"] < 200)
    out["forwarded"] = bytes.fromhex(out["forwarded"])
    return out


def run_canonical(program, batch):
    p = subprocess.run([program], input=framed(batch), stdout=subprocess.PIPE, check=True)
    return [ours(line) for line in p.stdout.splitlines()]
