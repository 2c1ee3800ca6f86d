# SPDX-License-Identifier: BSD-2-Clause
"""Where an independent reader is known to differ, and why that is no fault of what we forward.

Each row: name, reader, where ("forwarded" or "original"), a test of (what, mine, theirs, data)."""

import re

# llhttp's list; HTTP has none (RFC 9110 section 16.1), unknown methods are passed on as tokens.
METHODS = set(b"""DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND
UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE QUERY""".split())


def next_of(mine, theirs):
    """The message of ours at which they stopped."""
    n = sum(m["whole"] for m in theirs["messages"])
    return mine["messages"][n] if n < len(mine["messages"]) else None


def unknown_method(_what, mine, theirs, _data):
    stopped = next_of(mine, theirs)
    return theirs["error"] == "HPE_INVALID_METHOD" and stopped is not None and stopped["method"] not in METHODS


def after_connect(_what, mine, theirs, _data):
    """Whether a tunnel follows is the answer's to say; node takes it for granted."""
    seen = theirs["messages"]
    return bool(seen) and seen[-1]["method"] == b"CONNECT"


def blank_beside_coding(_what, _mine, _theirs, data):
    """http.client compares it with its white space. We write the coding anew, so that it never sees that."""
    return re.search(rb"transfer-encoding:[ \t]*(\t|chunked[ \t])", data, re.I) is not None


def content_of_upgrade(_what, mine, theirs, _data):
    """node switches behind the head. We forward content without Upgrade."""
    seen = theirs["messages"]
    return bool(seen) and any(n.lower() == b"upgrade" for n, _ in seen[-1]["fields"]) and not seen[-1]["whole"]


def coding_of_304(what, mine, _theirs, data):
    """It reads chunks behind 304, which has no content. We write 304 without the coding."""
    return what == "body" and b"chunked" in data.lower() and any(m["status"] == 304 for m in mine["messages"])


def proxy_connection(what, _mine, _theirs, data):
    """Before version 20 node took it for Connection. We drop it."""
    return what == "count" and re.search(rb"proxy-connection:[ \t]*close", data, re.I) is not None


ROWS = [
    ("304 with a coding", "http.client", "original", coding_of_304),
    ("Proxy-Connection: close", "node", "original", proxy_connection),
    ("a method that node does not know", "node", "forwarded", unknown_method),
    ("what comes behind CONNECT", "node", "forwarded", after_connect),
    ("what comes behind CONNECT", "node", "original", after_connect),
    ("white space beside chunked", "http.client", "original", blank_beside_coding),
    ("content behind Upgrade", "node", "original", content_of_upgrade),
]


def known_class(where, reader, what, case, mine, theirs):
    for name, who, place, test in ROWS:
        if who == reader and place == where and test(what, mine, theirs, case[2]):
            return f"{place}, {who}: {name}"
    return None
