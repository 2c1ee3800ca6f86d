# SPDX-License-Identifier: BSD-2-Clause
"""Prints "URL STATUS BODY" for each URL, or "URL error TEXT". First argument: the CA's file."""
import ssl
import sys
import urllib.error
import urllib.request

context = ssl.create_default_context(cafile=sys.argv[1])
for url in sys.argv[2:]:
    try:
        with urllib.request.urlopen(url, timeout=20, context=context) as r:
            status, body = r.status, r.read()
    except urllib.error.HTTPError as e:
        status, body = e.code, e.read()
    except OSError as e:
        print(url, "error", " ".join(str(e).split()))
        continue
    print(url, status, " ".join(body.decode("utf-8", "replace").split()))
