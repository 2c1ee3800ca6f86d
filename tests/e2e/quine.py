# SPDX-License-Identifier: BSD-2-Clause
"""A ZIP whose only member is that very ZIP: quine.py FILE.

Deflate (RFC 1951) as a language of two words: say(n), the next n bytes as they are, and again(n), the last n bytes once
more. A program of these that prints itself, between a local header and a directory, after Russ Cox, "Zip Files All The
Way Down" (research.swtch.com/zip): which says what must be how long. The CRC in it is its own: CRC-32 is affine over GF(2)."""
import struct
import sys
import zlib

NAME = b"a-zip-that-is-in-itself.zip".ljust(30, b"_")


def low(value, n):
    return [value >> i & 1 for i in range(n)]


def high(value, n):
    return low(value, n)[::-1]


def row(value, first, least):
    """Code and extra bits of a length or a distance: codes come in groups whose steps double."""
    code, base, extra = first, least[0], 0
    group = least[1]
    while value >= base + (1 << extra):
        base += 1 << extra
        code += 1
        group -= 1
        if group == 0:
            group, extra = least[2], extra + 1
    return code, low(value - base, extra)


def match(n, back):
    length, more = row(n, 257, (3, 8, 4))
    distance, extra = row(back, 0, (1, 4, 2))
    return high(length - 256, 7) + more + high(distance, 5) + extra


def say(n):
    return struct.pack("<BHH", 0, n, n ^ 0xFFFF)


def again(n, parts, empty=0, last=0):
    """A block with fixed codes, after so many empty ones, which fill the byte up."""
    out = (low(2, 3) + high(0, 7)) * empty + low(2 | last, 3)
    for part in parts:
        out += match(part, n)
    out += high(0, 7)
    assert len(out) % 8 == 0 or last
    return sum(b << i for i, b in enumerate(out)).to_bytes((len(out) + 7) // 8, "little")


def deflated(prefix, suffix):
    a, b = len(prefix) + 5, len(suffix) + 4
    front, four, end = again(a, [a], 1), again(20, [10, 10]), again(b, [b], 0, 1)
    assert (len(front), len(four), len(end)) == (5, 5, 4)
    return (say(a) + prefix + say(a) + front + say(5) + front + say(5) + say(5) + say(20) + front + say(5) + say(5) + say(20) +
            four + say(20) + four + say(20) + four + say(20) + four + say(20) + four + say(0) + say(0) + say(b) +
            four + say(0) + say(0) + say(b) + end + suffix + end)


def build(crc):
    packed = size = 0
    for _ in range(2):  # the lengths do not depend on what they say
        fields = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0x6A00, 0x5A21, crc, packed, size, len(NAME), 0)
        prefix = b"PK\3\4" + fields + NAME
        directory = b"PK\1\2\x14\0" + fields + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + NAME
        suffix = directory + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(directory), len(prefix) + packed, 0)
        code = deflated(prefix, suffix)
        packed, size = len(code), len(prefix) + len(code) + len(suffix)
    return prefix + code + suffix


def own_crc():
    """The c with crc32(build(c)) == c: each bit of c turns certain bits of the sum, whatever the others are."""
    base = zlib.crc32(build(0))
    rows = [(1 << i, zlib.crc32(build(1 << i)) ^ base ^ 1 << i) for i in range(32)]  # which bits of c, what they turn
    c, wanted = 0, base
    for bit in range(32):
        pivot = next((r for r in rows if r[1] >> bit & 1), None)
        if pivot is None:
            continue
        rows = [(r[0] ^ pivot[0], r[1] ^ pivot[1]) if r[1] >> bit & 1 else r for r in rows]
        if wanted >> bit & 1:
            c, wanted = c ^ pivot[0], wanted ^ pivot[1]
    return c


quine = build(own_crc())
with open(sys.argv[1], "wb") as f:
    f.write(quine)
