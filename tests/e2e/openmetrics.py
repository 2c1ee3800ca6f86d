# SPDX-License-Identifier: BSD-2-Clause
"""Reads OpenMetrics text (version 1.0) strictly from standard input, and prints NAME{LABELS} VALUE, sorted labels.

Any breach of the format ends it with status 1 and says the line: families must be in one piece, with type and help
before their samples, counters must end in _total, no sample may come twice, and "# EOF" must be the end."""
import re
import sys

SUFFIX = {"counter": "_total", "gauge": ""}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?[0-9]+(?:\.[0-9]+)?)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')


def labels(text):
    out, at = [], 0
    while text and at < len(text):
        m = LABEL.match(text, at)
        if m is None:
            raise ValueError("labels")
        out.append((m[1], m[2]))
        at = m.end()
    if len({name for name, _ in out}) != len(out):
        raise ValueError("label twice")
    return tuple(sorted(out))


def main():
    text = sys.stdin.read()
    if not text.endswith("# EOF\n"):
        return "no # EOF at the end"
    families, seen, now = {}, set(), None
    for i, line in enumerate(text.split("\n")[:-2], 1):
        try:
            m = re.match(rf"# (TYPE|HELP|UNIT) ({NAME}) (.*)$", line)
            if m:
                what, name, rest = m.groups()
                if name != now:
                    if name in families:
                        raise ValueError("family in two pieces")
                    families[name], now = {}, name
                if what in families[name] or "samples" in families[name]:
                    raise ValueError("too late, or twice")
                if what == "TYPE" and rest not in SUFFIX:
                    raise ValueError("type")
                if what == "UNIT" and not name.endswith("_" + rest):
                    raise ValueError("unit")
                families[name][what] = rest
                continue
            m = SAMPLE.match(line)
            if m is None:
                raise ValueError("no sample")
            family = families.get(now)
            if family is None or not family.get("HELP") or m[1] != now + SUFFIX[family["TYPE"]]:
                raise ValueError("not of this family")
            family["samples"] = True
            key = (m[1], labels(m[2]))
            if key in seen:
                raise ValueError("twice")
            seen.add(key)
            print(m[1] + "{" + ",".join(f"{k}={v}" for k, v in key[1]) + "}", m[3])
        except (ValueError, KeyError) as e:
            return f"line {i}: {e}: {line}"
    if len(seen) < 50:
        return "hardly any sample"
    return None


why = main()
if why is not None:
    print(why, file=sys.stderr)
    sys.exit(1)
