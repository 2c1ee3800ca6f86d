# SPDX-License-Identifier: BSD-2-Clause
"""Reads the audit log: audit.py FOLDER count|show|bad KEY=REGEX...

count and show take the lines of which every named field matches whole ("KEY=" means absent or
empty); bad prints lines that are not one flat JSON object with an event and a time stamp."""
import glob
import json
import re
import sys

folder, what, wants = sys.argv[1], sys.argv[2], [w.split("=", 1) for w in sys.argv[3:]]


def value(line, key):
    for part in key.split("."):
        line = line.get(part, "") if isinstance(line, dict) else ""
    return json.dumps(line) if isinstance(line, bool) else str(line)


hits = []
for path in sorted(glob.glob(folder + "/*")):
    with open(path, "rb") as f:
        for raw in f.read().splitlines(keepends=True):
            try:
                line = json.loads(raw.decode("utf-8"))
                good = isinstance(line, dict) and raw.endswith(b"\n") and "event" in line and "ts" in line
            except ValueError:
                line, good = {}, False
            if what == "bad":
                hits += [] if good else [raw.decode("latin-1").rstrip()]
            elif good and all(re.fullmatch(want, value(line, key)) for key, want in wants):
                hits.append(raw.decode().rstrip())
print(len(hits) if what == "count" else "\n".join(hits))
