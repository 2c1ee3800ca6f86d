# SPDX-License-Identifier: BSD-2-Clause
"""Certificate cases of x509-limbo and BetterTLS as live origins.

limbo.py pick FOLDER OUT N: chooses N cases that can be served as they are, writes OUT/cases.json and OUT/trust.pem.
limbo.py serve OUT ADDRESS: an origin that presents the case whose number stands in OUT/current; one line
"NUMBER handshake BYTES" in OUT/served for each connection: application bytes that it got."""
import gzip
import json
import pathlib
import random
import socket
import ssl
import sys

# Their own anchors would make others good, or the reverse; and what no server can present.
LEAVE = ("online::", "pathological::", "crl::", "webpki::aki::root", "rfc5280::ski::root")


def load(folder, name):
    with gzip.open(f"{folder}/{name}") as f:
        return json.load(f)["testcases"]


def listed(path):
    with open(path, encoding="utf-8") as f:
        return {line.split()[0] for line in f if line.strip() and not line.startswith("#")}


def usable(case, allowed):
    name = case["expected_peer_name"] or {}
    return (case["validation_kind"] == "SERVER" and case["peer_certificate_key"] and not case["validation_time"]
            and not case["crls"] and case["max_chain_depth"] is None and name.get("kind") == "DNS"
            and name["value"].isascii() and not case["id"].startswith(LEAVE) and case["id"] not in allowed
            and not case.get("x_soft"))


def loads(case, folder):
    """OpenSSL's own server must be able to present it: weak keys and broken encodings it does not."""
    with open(f"{folder}/try.pem", "w", encoding="ascii") as f:
        f.write("\n".join([case["peer_certificate"], *case["untrusted_intermediates"], case["peer_certificate_key"]]))
    try:
        context(f"{folder}/try.pem")
    except (ssl.SSLError, ValueError):
        return False
    return True


def context(path):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(path)
    return c


def pick(folder, out, n):
    allowed = listed(f"{folder}/allow.txt") | listed(pathlib.Path(__file__).parent.parent / "data/limbo-pedantic.txt")
    r = random.Random(77)
    chosen = []
    for name, share in (("limbo-core.json.gz", 2 * n // 3), ("limbo-btls.json.gz", n // 3)):
        cases = load(folder, name)
        r.shuffle(cases)
        for want in ("SUCCESS", "FAILURE"):
            fit = (c for c in cases if usable(c, allowed) and c["expected_result"] == want and loads(c, out))
            chosen += [c for c, _ in zip(fit, range(share // 2))]
    with open(f"{out}/cases.json", "w", encoding="ascii") as f:
        json.dump(chosen, f)
    with open(f"{out}/trust.pem", "w", encoding="ascii") as f:
        f.write("\n".join(p for c in chosen for p in c["trusted_certs"]) + "\n")
    for i, c in enumerate(chosen):
        with open(f"{out}/case{i}.pem", "w", encoding="ascii") as f:
            f.write("\n".join([c["peer_certificate"], *c["untrusted_intermediates"], c["peer_certificate_key"]]))
        print(i, c["expected_result"], c["expected_peer_name"]["value"], c["id"])


def serve(out, address):
    s = socket.create_server((address, 443))
    while True:
        conn, _ = s.accept()
        conn.settimeout(5)
        with open(f"{out}/current", encoding="ascii") as f:
            i = int(f.read())
        got, shaken = 0, "no"
        try:
            with context(f"{out}/case{i}.pem").wrap_socket(conn, server_side=True) as t:
                shaken = "yes"
                data = t.recv(65536)
                got = len(data)
                if data:
                    t.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlimbo")
        except (OSError, ssl.SSLError):
            conn.close()
        with open(f"{out}/served", "a", encoding="ascii") as f:
            f.write(f"{i} {shaken} {got}\n")


if sys.argv[1] == "pick":
    pick(sys.argv[2], sys.argv[3], int(sys.argv[4]))
else:
    serve(sys.argv[2], sys.argv[3])
