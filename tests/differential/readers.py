# SPDX-License-Identifier: BSD-2-Clause
"""Independent readings of a stream: h11, and for responses Python's own http.client.

A reading is a dict: messages (status, method, target, fields, body, trailers, whole), error,
tunnel. All strings are bytes."""
import http.client
import io

import h11


def message(**known):
    return dict({"status": 0, "method": b"", "target": b"", "fields": [], "body": b"",
                 "trailers": [], "whole": False}, **known)


def connection(side, method):
    if side == "request":
        return h11.Connection(h11.SERVER)
    c = h11.Connection(h11.CLIENT)
    host = b"a.test:443" if method == "CONNECT" else b"a.test"
    proposal = [("Connection", "upgrade"), ("Upgrade", "x")] # else it takes no 101
    c.send(h11.Request(method=method, target=host if method == "CONNECT" else "/", headers=[("Host", host)] + proposal))
    c.send(h11.EndOfMessage())
    return c


def raw(headers):
    return [(bytes(n), bytes(v)) for n, v in headers.raw_items()]


def h11_one(side, method, data, out):
    """Read one message (and what is interim before it): the bytes behind it, or None at the end."""
    c = connection(side, method)
    c.receive_data(data)
    fed_end = False
    while True:
        e = c.next_event()
        if e is h11.NEED_DATA:
            if fed_end:
                return None
            fed_end = True
            c.receive_data(b"")
        elif e is h11.PAUSED:
            rest, _ = c.trailing_data
            out["tunnel"] = True
            return None if out["messages"] else rest
        elif isinstance(e, h11.Request):
            out["messages"].append(message(method=e.method, target=e.target, fields=raw(e.headers)))
        elif isinstance(e, (h11.Response, h11.InformationalResponse)):
            out["messages"].append(message(status=e.status_code, fields=raw(e.headers),
                                           whole=isinstance(e, h11.InformationalResponse)))
        elif isinstance(e, h11.Data):
            out["messages"][-1]["body"] += bytes(e.data)
        elif isinstance(e, h11.EndOfMessage):
            out["messages"][-1].update(whole=True, trailers=raw(e.headers))
            return c.trailing_data[0]
        elif isinstance(e, h11.ConnectionClosed):
            return None


def read_h11(side, method, data):
    out = {"messages": [], "error": "", "tunnel": False}
    try:
        while data:
            before = len(data)
            data = h11_one(side, method, data, out)
            if data is None or len(data) == before:
                break
    except h11.RemoteProtocolError as e:
        out["error"] = str(e) or "error"
    return out


class Wire:
    """What http.client takes for a socket."""

    def __init__(self, file):
        self.file = file

    def makefile(self, _mode):
        return Unclosed(self.file)


class Unclosed:
    """HTTPResponse closes its file at the end of a message; the next one is still in there."""

    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)

    def close(self):
        pass

    def flush(self):
        pass


def read_http_client(side, method, data):
    """Final responses alone: it keeps interim ones and trailers to itself."""
    out = {"messages": [], "error": "", "tunnel": False}
    if side == "request":
        return None
    file = io.BytesIO(data)
    while file.tell() < len(data):
        r = http.client.HTTPResponse(Wire(file), method=method)
        try:
            r.begin()
            m = message(status=r.status, fields=[(n.encode("latin-1"), v.encode("latin-1"))
                                                 for n, v in r.headers.items()])
            out["messages"].append(m)
            m["body"] = r.read()
            m["whole"] = True
        except (http.client.HTTPException, ValueError, OverflowError) as e:
            out["error"] = repr(e)
            break
        if r.status == 101:
            out["tunnel"] = True
            break
    return out


READERS = {"h11": read_h11, "http.client": read_http_client}
