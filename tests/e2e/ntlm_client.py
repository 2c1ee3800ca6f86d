# SPDX-License-Identifier: BSD-2-Clause
"""Two clients log in to /login of life_origin.py at the same time, step by step in turn, as NTLM does.

ntlm_client.py HOST PORT [NAME CA]: prints what each of them and a third who does not log in are called."""
import http.client
import ssl
import sys

host, port, tls = sys.argv[1], int(sys.argv[2]), sys.argv[3:]


def connect():
    if not tls:
        return http.client.HTTPConnection(host, port, timeout=10)
    c = http.client.HTTPSConnection(host, port, timeout=10, context=ssl.create_default_context(cafile=tls[1]))
    c.server_hostname = tls[0]
    wrap = c._context.wrap_socket
    c._context.wrap_socket = lambda s, server_hostname: wrap(s, server_hostname=tls[0])
    return c


def ask(c, *authorization):
    c.request("GET", "/login", headers={"Host": tls[0] if tls else host,
                                        **({"Authorization": " ".join(authorization)} if authorization else {})})
    r = c.getresponse()
    return r.read().decode(), (r.getheader("WWW-Authenticate") or "").partition(" ")[2]


users = {name: connect() for name in ("alice", "bob")}
challenges = {name: ask(c, "Lab", "hello")[1] for name, c in users.items()}
for name, c in users.items():
    ask(c, "Lab", name, challenges[name])
for turn in range(3):
    for name, c in users.items():
        print(name, "is", ask(c)[0])
stranger = connect()
print("stranger is", ask(stranger)[0])
print("stranger with alice's challenge is", ask(stranger, "Lab", "alice", challenges["alice"])[0])
for name, c in users.items():
    print(name, "is", ask(c)[0])
