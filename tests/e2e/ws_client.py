# SPDX-License-Identifier: BSD-2-Clause
"""A WebSocket client: ws_client.py [--ca FILE] [--plain] [--chat] URL STEP...

--plain: permessage-deflate is not offered. Steps: `text TEXT`, `file PATH` (as text), `binary N`
(that many bytes of noise), `zeros N`, `pieces PATH` (as text, in fragments), `ping`, `get` (a message: prints its
kind, length, and its text where short; "same" or "other" where it is what was sent last),
`many N` (that many texts there and back), `close`, `end` (until the other side closes). At the end
the close code and reason are printed."""
import asyncio
import random
import ssl
import sys

import websockets


async def pieces(text):
    for at in range(0, len(text), 17):
        yield text[at:at + 17]


def told(message, last):
    kind = "text" if isinstance(message, str) else "binary"
    if last is not None:
        return f"{kind} {len(message)} {'same' if message == last else 'other'}"
    return f"{kind} {len(message)} {message[:40]!r}"


async def get(socket, last=None):
    print(told(await asyncio.wait_for(socket.recv(), 15), last))


async def run(socket, steps):
    last = None
    for step in steps:
        if step == "text":
            last = next(steps)
            await socket.send(last)
        elif step in ("file", "pieces"):
            with open(next(steps), encoding="ascii") as f:
                last = f.read()
            await socket.send(last if step == "file" else pieces(last))
        elif step == "binary":
            last = random.Random(1).randbytes(int(next(steps)))
            await socket.send(last)
        elif step == "zeros":
            last = bytes(int(next(steps)))
            await socket.send(last)
        elif step == "ping":
            await asyncio.wait_for(await socket.ping(), 10)
            print("pong")
        elif step == "get":
            await get(socket, last)
            last = None
        elif step == "many":
            n = int(next(steps))
            for i in range(n):
                await socket.send(f"message {i}")
                if await asyncio.wait_for(socket.recv(), 10) != f"message {i}":
                    sys.exit("another message came back")
            print(f"{n} messages")
        elif step == "close":
            await socket.close()
        elif step == "end":
            while True:
                await get(socket)
        else:
            sys.exit(f"ws_client.py: no such step: {step}")


async def main():
    words, tls, extra = sys.argv[1:], None, {}
    while words[0].startswith("--"):
        option = words.pop(0)
        if option == "--ca":
            tls = ssl.create_default_context(cafile=words.pop(0))
            tls.set_alpn_protocols(["http/1.1"])
        elif option == "--plain":
            extra["compression"] = None
        elif option == "--chat":
            extra["subprotocols"] = ["other", "chat"]
    try:
        async with websockets.connect(words[0], ssl=tls, max_size=1 << 25, open_timeout=15, close_timeout=5, **extra) as socket:
            print("open", socket.subprotocol or "", *[e.name for e in socket.extensions])
            try:
                await run(socket, iter(words[1:]))
            except websockets.ConnectionClosed:
                pass
            await socket.close()
            print("closed", socket.close_code, socket.close_reason)
    except websockets.InvalidStatusCode as e:
        print("refused", e.status_code)
    except (OSError, websockets.InvalidHandshake) as e:
        print("failed", e)


asyncio.run(main())
