# SPDX-License-Identifier: BSD-2-Clause
"""Files for the scenario content_rules, written into a folder: content_files.py FOLDER

Encrypted archives, programs under false names, an Office file with macros, and images with the small
faults that cameras, editors and old servers leave in them."""
import base64
import io
import json
import struct
import sys
import zipfile
import zlib


def zipped(members):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return b.getvalue()


def encrypted(data):
    """The bit for encryption in every header, and twelve bytes less that are the truth."""
    out = bytearray(data)
    for magic, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        i = out.find(magic)
        while i >= 0:
            out[i + at] |= 1
            i = out.find(magic, i + 4)
    return bytes(out)


def compound(streams):
    """[MS-CFB] with one storage of streams, each of 4096 bytes, so that there is no mini stream."""
    sector, end, free = 512, 0xFFFFFFFE, 0xFFFFFFFF
    fat = [0xFFFFFFFD] + [2, end]  # the table itself, then two sectors of directory

    def entry(name, kind, child, start, size, left=free, right=free):
        raw = (name + "\0").encode("utf-16-le")
        return (raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, left, right, child)
                + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size))

    entries = [entry("Root Entry", 5, 1, end, 0), entry("Macros", 1, 2, 0, 0)]
    body = b""
    for i, (name, data) in enumerate(streams):
        start = len(fat)
        fat += [start + k + 1 for k in range(7)] + [end]
        right = len(entries) + 1 if i + 1 < len(streams) else free
        entries.append(entry(name, 2, free, start, 4096, right=right))
        body += data.ljust(4096, b"\0")
    directory = b"".join(entries).ljust(2 * sector, b"\0")
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
              + bytes(6) + struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
              + struct.pack("<I", free) * 108)
    table = b"".join(struct.pack("<I", x) for x in fat).ljust(sector, b"\xff")
    return header + table + directory + body


def literal(data):
    """[MS-OVBA] section 2.4.1 without any copy token: one chunk."""
    body = b"".join(b"\0" + data[i:i + 8] for i in range(0, len(data), 8))
    return b"\1" + struct.pack("<H", 0xB000 | (len(body) + 2 - 3)) + body


def project(module):
    """The dir stream of [MS-OVBA] section 2.3.4.2 with one module of that name, whose source begins at 0."""
    def record(kind, data):
        return struct.pack("<HI", kind, len(data)) + data

    wide = module.encode("utf-16-le")
    name = module.encode()
    return literal(
        record(1, struct.pack("<I", 1)) + record(2, struct.pack("<I", 0x409)) + record(0x14, struct.pack("<I", 0x409))
        + record(3, struct.pack("<H", 1252)) + record(4, b"Project")
        + record(5, b"") + record(0x40, b"") + record(6, b"") + record(0x3D, b"")
        + record(7, bytes(4)) + record(8, bytes(4)) + struct.pack("<HIIH", 9, 4, 1, 1)
        + record(0x0C, b"") + record(0x3C, b"")
        + record(0x0F, struct.pack("<H", 1)) + record(0x13, b"\xff\xff")
        + record(0x19, name) + record(0x47, wide) + record(0x1A, name) + record(0x32, wide)
        + record(0x1C, b"") + record(0x48, b"") + record(0x31, bytes(4)) + record(0x1E, bytes(4))
        + record(0x2C, b"\xff\xff") + record(0x21, b"") + record(0x2B, b"") + record(0x10, b""))


MACRO = b'Attribute VB_Name = "Module1"\r\nSub AutoOpen()\r\n  MsgBox "hello"\r\nEnd Sub\r\n'


def png(end=True, after=b"", level=6):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) & 255 for x in range(64)) for y in range(64))
    out = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0))
           + chunk(b"tEXt", b"Comment\0made by hand") + chunk(b"IDAT", zlib.compress(rows, level)))
    return out + (chunk(b"IEND", b"") if end else b"") + after


# A grey square of 8 by 8, baseline.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z")
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")


def main():
    top = sys.argv[1]
    elf = open("/bin/true", "rb").read()
    text = b"Nothing to hide here.\n" * 200
    vba = compound([("_VBA_PROJECT", b"\xcc\x61\xff\xff\0\0\0"), ("dir", project("Module1")),
                    ("Module1", literal(MACRO))])
    files = {
        "encrypted.zip": encrypted(zipped([("letter.txt", text)])),
        "program.zip": zipped([("readme.txt", text), ("tools/run", elf)]),
        "clean.zip": zipped([("readme.txt", text)]),
        "picture.png": elf,
        "notes.txt": zipped([("readme.txt", text)]),
        "macros.doc": vba,
        "macros.docm": zipped([("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'),
                               ("word/document.xml", b'<?xml version="1.0"?><w:document/>'),
                               ("word/vbaProject.bin", vba)]),
        "plain.doc": compound([("WordDocument", text[:4000]), ("1Table", text[:4000])]),
        "good.png": png(),
        "trailing.png": png(after=b"\0" * 37 + b"left by an editor"),
        "endless.png": png(end=False),
        "good.jpg": JPEG,
        "trailing.jpg": JPEG + b"\0" * 64 + b"SEFH0106 camera maker's trailer",
        "good.gif": GIF,
        "trailing.gif": GIF + b"\r\n",
        "unended.gif": GIF[:-1],
        "form.json": json.dumps({"name": "tool", "data": base64.b64encode(elf).decode()}).encode(),
    }
    for name, data in files.items():
        with open(f"{top}/{name}", "wb") as f:
            f.write(data)


main()
