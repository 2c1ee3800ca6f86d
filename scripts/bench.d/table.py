# SPDX-License-Identifier: BSD-2-Clause
"""Medians of "contender<TAB>measure<TAB>value" lines as a Markdown table with ratios to a base."""
import statistics
import sys

rows, columns, values = [], [], {}
for line in open(sys.argv[1], encoding="ascii"):
    column, row, value = line.rstrip("\n").split("\t")
    rows += [] if row in rows else [row]
    columns += [] if column in columns else [column]
    values.setdefault((row, column), []).append(float(value))
base = "haproxy" if "haproxy" in columns else None


def cell(row, column):
    if (row, column) not in values:
        return "-"
    v = statistics.median(values[row, column])
    text = f"{v:.2f}" if v < 10 else f"{v:.0f}"
    b = statistics.median(values.get((row, base), [0])) if base else 0
    return f"{text} ({v / b:.2f})" if b and column != base else text


rounds = max((len(v) for v in values.values()), default=0)
print("| " + " | ".join([f"median of {rounds}"] + columns) + " |")
print("|" + "---|" * (len(columns) + 1))
for row in rows:
    print("| " + " | ".join([row] + [cell(row, c) for c in columns]) + " |")
if base:
    print(f"\nIn parentheses: ratio to {base}. CPU is user and system time of the gateway's processes.")
