# SPDX-License-Identifier: BSD-2-Clause
"""Objects of every class, and what of them a client gets.

release.py objects FOLDER EICAR: KIND.EXT without and KIND-begin, -middle, -end with that file's bytes within.
release.py fetch FOLDER OUT CA CASES: each line of CASES is "NAME OBJECT URL [CURL-OPTION...]"; all are fetched with curl, several at
a time; prints for each "NAME STATUS CURL-EXIT BYTES TOTAL same|prefix|page|other|nothing": what is on the client's disk beside the object."""
import base64
import os
import random
import struct
import subprocess
import sys
import zipfile
import zlib

SIZE = 150_000
MANY = 16  # curls at a time


def noise(n, seed=1):
    return random.Random(seed).randbytes(n)


def letters(n):
    return (b"The quick brown fox jumps over the lazy dog. " * (n // 45 + 1))[:n]


def placed(before, filler, after, sign, where):
    """Filler with the sign in it; where: None, begin, middle, end."""
    if where is None:
        return before + filler + after
    i = {"begin": 64, "middle": len(filler) // 2, "end": len(filler) - 64}[where]
    return before + filler[:i] + b"\n" + sign + b"\n" + filler[i:] + after


def png(sign, where):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = 256 * 3 + 1
    pixels = b"".join(b"\0" + noise(row - 1, y) for y in range(256))
    signed = chunk(b"tEXt", b"Comment\0" + sign) if where else b""
    idat = zlib.compress(pixels, 0)
    half = len(idat) // 2
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0))
            + (signed if where == "begin" else b"") + chunk(b"IDAT", idat[:half])
            + (signed if where == "middle" else b"") + chunk(b"IDAT", idat[half:])
            + (signed if where == "end" else b"") + chunk(b"IEND", b""))


def zipped(folder, names, sign, where):
    path = os.path.join(folder, "tmp.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        for i, name in enumerate(names):
            z.writestr(name, letters(SIZE // 3))
            if where == ("begin", "middle", "end")[i]:
                z.writestr(f"s{i}.com", sign)
    with open(path, "rb") as f:
        data = f.read()
    os.remove(path)
    return data


def iso(sign, where):
    """A volume of one file (ECMA-119)."""
    def both(n, size):
        return n.to_bytes(size, "little") + n.to_bytes(size, "big")
    body = placed(b"", noise(SIZE, 9), b"", sign, where)
    body += b"\0" * (-len(body) % 2048)

    def record(name, lba, size, flags):
        r = bytes(1) + both(lba, 4) + both(size, 4) + bytes([120, 1, 1, 0, 0, 0, 0, flags, 0, 0]) + both(1, 2) + bytes([len(name)]) + name
        r += b"\0" * (len(r) % 2 == 0)
        return bytes([len(r) + 1]) + r
    root = record(b"\0", 20, 2048, 2)
    pvd = (b"\1CD001\1\0" + b" " * 32 + b"LAB".ljust(32) + bytes(8) + both(21 + len(body) // 2048, 4) + bytes(32) + both(1, 2) + both(1, 2)
           + both(2048, 2) + both(10, 4) + struct.pack("<II", 19, 0) + struct.pack(">II", 19, 0) + root[:34])
    pvd = pvd.ljust(881, b" ") + b"\1"
    table = bytes([1, 0]) + struct.pack("<I", 20) + struct.pack("<H", 1) + b"\0\0"
    entries = record(b"\0", 20, 2048, 2) + record(b"\1", 20, 2048, 2) + record(b"FILE.BIN;1", 21, len(body), 0)
    sectors = [pvd, b"\xffCD001\1", b"", table, entries]
    return bytes(16 * 2048) + b"".join(s.ljust(2048, b"\0") for s in sectors) + body


def mp3(sign, where):
    """As radio sends it: it begins within a frame."""
    frame = b"\xff\xfb\x90\x00" + b"\x55" * 413
    return placed(noise(90) + frame * 4, frame * (SIZE // len(frame)), b"", sign, where)


def mp4(sign, where):
    ftyp = struct.pack(">I", 24) + b"ftypmp42\0\0\0\0mp42isom"
    body = placed(b"", noise(SIZE, 4), b"", sign, where)
    return ftyp + struct.pack(">I", len(body) + 8) + b"mdat" + body


def exe(sign, where):
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)
    return placed(head, letters(SIZE), b"", sign, where)


def pdf(sign, where):
    data = placed(b"", letters(SIZE), b"", sign, where)
    out = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    return out + b"3 0 obj<</Length %d>>stream\n" % len(data) + data + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


MAKE = {
    "exe": exe,
    "pdf": pdf,
    "png": png,
    "iso": iso,
    "mp4": mp4,
    "mp3": mp3,
    "html": lambda s, w: placed(b"<!doctype html><html><body><p>", letters(SIZE), b"</p></body></html>",
                                b'<a href="data:application/octet-stream;base64,' + base64.b64encode(s) + b'">x</a>', w),
    "js": lambda s, w: placed(b"'use strict';\n/* ", letters(SIZE), b" */\n", s, w),
    "svg": lambda s, w: placed(b'<svg xmlns="http://www.w3.org/2000/svg"><text>', letters(SIZE), b"</text></svg>", s, w),
    "woff2": lambda s, w: placed(b"wOF2\0\1\0\0", noise(SIZE, 5), b"", s, w),
    "bin": lambda s, w: placed(b"\x93\x11\xfe\0", noise(SIZE, 6), b"", s, w),
    "txt": lambda s, w: placed(b"", letters(SIZE), b"", s, w),
}


def objects(folder, eicar):
    os.makedirs(folder, exist_ok=True)
    with open(eicar, "rb") as f:
        sign = f.read().strip()
    make = dict(MAKE)
    make["zip"] = lambda s, w: zipped(folder, ("a.txt", "b.txt", "c.txt"), s, w)
    make["docx"] = lambda s, w: zipped(folder, ("[Content_Types].xml", "word/document.xml", "docProps/app.xml"), s, w)
    for kind, fn in make.items():
        for where in (None, "begin", "middle", "end"):
            with open(os.path.join(folder, f"{kind}{'-' + where if where else ''}.{kind}"), "wb") as f:
                f.write(fn(sign, where))


def judge(got, whole):
    if got == whole:
        return "same"
    if not got:
        return "nothing"
    if len(got) < len(whole) and whole.startswith(got):
        return "prefix"
    return "page" if b"security gateway" in got else "other"


def split(folder, eicar):
    """first.iso: that file's bytes across offset 60000 of an ISO. second.iso: the same but for what is before that offset."""
    with open(eicar, "rb") as f:
        sign = f.read().strip()
    with open(os.path.join(folder, "iso.iso"), "rb") as f:
        clean = f.read()
    at = 60000 - len(sign) // 2
    first = clean[:at] + sign + clean[at + len(sign):]
    for name, data in (("first.iso", first), ("second.iso", clean[:60000] + first[60000:])):
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


def assembled(whole, *pieces):
    """How many bytes of the object are on the client's disk, of answers each saved as FILE@OFFSET."""
    with open(whole, "rb") as f:
        want = f.read()
    have = bytearray(len(want))
    for piece in pieces:
        path, _, offset = piece.partition("@")
        with open(path, "rb") as f:
            got = f.read()
        at = int(offset)
        if got and want[at:at + len(got)] == got:
            have[at:at + len(got)] = b"\1" * len(got)
    print(sum(have))


def fetch(folder, out, ca, cases):
    rows, config = [], [[] for _ in range(MANY)]
    with open(cases, encoding="utf-8") as f:
        for line in f:
            name, obj, url, *options = line.split()
            rows.append((name, obj))
            config[len(rows) % MANY] += [f'url = "{url}"', f'output = "{out}/{name}"', "silent", f'cacert = "{ca}"', "max-time = 20",
                       'write-out = "%{filename_effective} %{http_code} %{exitcode}\\n"']
            config += [f'{o.lstrip("-").replace("=", " = ", 1)}' for o in options] + ["next"]
    os.makedirs(out, exist_ok=True)
    # One after the other in each: curl 7.88 itself mixes transfers up where it runs them side by side (-Z).
    running = []
    for i, lines in enumerate(c for c in config if c):
        with open(f"{out}.curl{i}", "w", encoding="utf-8") as f:
            f.write("\n".join(lines[:-1]))
        running.append(subprocess.Popen(["curl", "-K", f"{out}.curl{i}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
    told = "".join(p.communicate()[0].decode() for p in running)
    said = {os.path.basename(line.split()[0]): line.split()[1:] for line in told.splitlines()}
    for name, obj in rows:
        try:
            with open(os.path.join(out, name), "rb") as f:
                got = f.read()
        except FileNotFoundError:
            got = b""
        with open(os.path.join(folder, obj), "rb") as f:
            whole = f.read()
        print(name, *said.get(name, ["-", "-"]), len(got), len(whole), judge(got, whole))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
