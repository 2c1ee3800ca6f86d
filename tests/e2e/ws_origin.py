# SPDX-License-Identifier: BSD-2-Clause
"""A WebSocket origin: ws_origin.py LOG EICAR ADDRESS PORT [CHAIN KEY].

/echo sends each message back, /fragments in three pieces, /plain without permessage-deflate's
offer being taken; /eicar answers "go" with "before", the file EICAR and "after"; /eicar-fragments
sends that file in pieces with a ping between them. The log has a line for each message that came
(kind, length, digest) and one for each end (code and reason)."""
import asyncio
import hashlib
import ssl
import sys

import websockets

LOG, EICAR = sys.argv[1], open(sys.argv[2], encoding="ascii").read()


def log(*words):
    with open(LOG, "a", encoding="utf-8") as f:
        print(*words, file=f)


async def pieces(message):
    third = len(message) // 3 + 1
    for at in range(0, len(message), third):
        yield message[at:at + third]


async def answer(socket, path, message):
    if path == "/eicar":
        await socket.send("before")
        await socket.send(EICAR)
        await socket.send("after")
    elif path == "/eicar-fragments":
        async def cut():
            yield EICAR[:20]
            await socket.ping()
            yield EICAR[20:40]
            yield EICAR[40:]
        await socket.send(cut())
    elif path == "/fragments":
        await socket.send(pieces(message))
    else:
        await socket.send(message)


async def serve(socket, path):
    log("open", path, "offered", socket.request_headers.get("Sec-WebSocket-Extensions", "nothing"))
    try:
        async for message in socket:
            data = message.encode() if isinstance(message, str) else message
            log(path, "text" if isinstance(message, str) else "binary", len(data), hashlib.sha256(data).hexdigest())
            await answer(socket, path, message)
    except websockets.ConnectionClosed:
        pass
    log("closed", path, socket.close_code, socket.close_reason)


async def main():
    tls = None
    if len(sys.argv) > 5:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[5], sys.argv[6])
        tls.set_alpn_protocols(["http/1.1"])
    async with websockets.serve(serve, sys.argv[3], int(sys.argv[4]), ssl=tls, max_size=1 << 25, subprotocols=["chat"]):
        await asyncio.Future()


asyncio.run(main())
