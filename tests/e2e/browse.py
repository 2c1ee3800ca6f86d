# SPDX-License-Identifier: BSD-2-Clause
"""Chromium, led through its debugging pipe.

browse.py [--seconds S] [--chromium OPTION]... FOLDER STEP...
Steps: `go URL`; `click ELEMENT-ID`; `title REGEX` (wait until the page's title matches, then save a
picture as FOLDER/shot-N.png); `saved` (wait for the end of a download). Prints each new title as
"title TEXT", each finished download as "saved NAME SHA256 BYTES". Saved files are in FOLDER/saved."""
import argparse
import base64
import hashlib
import json
import os
import re
import select
import subprocess
import sys
import time

p = argparse.ArgumentParser()
p.add_argument("--seconds", type=float, default=25)
p.add_argument("--chromium", action="append", default=[])
p.add_argument("folder")
p.add_argument("steps", nargs="+")
o = p.parse_args()
saved_to = os.path.join(o.folder, "saved")
os.makedirs(saved_to, exist_ok=True)

# The browser reads its descriptor 3 and writes to 4.
to_read, to_write = os.pipe()
from_read, from_write = os.pipe()


def descriptors():
    a, b = os.dup(to_read), os.dup(from_write)
    os.dup2(a, 3)
    os.dup2(b, 4)


browser = subprocess.Popen(
    ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
     "--disable-background-networking", "--user-data-dir=" + os.path.join(o.folder, "profile"),
     "--window-size=900,640", "--remote-debugging-pipe", *o.chromium, "about:blank"],
    close_fds=False, preexec_fn=descriptors, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    stderr=open(os.path.join(o.folder, "chromium.log"), "wb"))
os.close(to_read)
os.close(from_write)
until = time.monotonic() + o.seconds
buffer, number, session, downloads, finished = b"", 0, None, {}, []


def event(m):
    """Downloads as they are told."""
    at = m.get("params", {})
    if m.get("method") == "Browser.downloadWillBegin":
        downloads[at["guid"]] = at["suggestedFilename"]
    elif m.get("method") == "Browser.downloadProgress" and at["state"] == "completed":
        path = os.path.join(saved_to, downloads.get(at["guid"], "?"))
        data = open(path, "rb").read()
        finished.append(path)
        print("saved", os.path.basename(path), hashlib.sha256(data).hexdigest(), len(data), flush=True)


def pump(wait):
    """The next messages, for at most that time."""
    global buffer
    if select.select([from_read], [], [], wait)[0]:
        piece = os.read(from_read, 1 << 20)
        if not piece:
            sys.exit("the browser ended")
        buffer += piece
    while b"\0" in buffer:
        text, _, buffer = buffer.partition(b"\0")
        yield json.loads(text)


def call(method, **params):
    global number
    number += 1
    message = {"id": number, "method": method, "params": params}
    if session and not method.startswith(("Browser.", "Target.")):
        message["sessionId"] = session
    os.write(to_write, json.dumps(message).encode() + b"\0")
    mine, answer = number, None
    while answer is None:
        if time.monotonic() > until:
            sys.exit(f"no answer to {method}")
        for m in pump(0.2):
            if m.get("id") == mine:
                answer = m
            else:
                event(m)
    return answer.get("result", {})


def evaluate(text):
    return call("Runtime.evaluate", expression=text, userGesture=True).get("result", {}).get("value")


def run():
    global session
    shots, last = 0, None
    target = call("Target.createTarget", url="about:blank")["targetId"]
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    call("Browser.setDownloadBehavior", behavior="allow", downloadPath=saved_to, eventsEnabled=True)
    call("Page.enable")
    steps = iter(o.steps)
    for step in steps:
        what = next(steps) if step != "saved" else None
        if step == "go":
            call("Page.navigate", url=what)
        elif step == "click":
            evaluate(f"document.getElementById({json.dumps(what)}).click()")
        while step in ("title", "saved"):
            title = evaluate("document.title")
            if title and title != last:
                print("title", title, flush=True)
                last = title
            if step == "title" and title and re.search(what, title):
                shots += 1
                with open(os.path.join(o.folder, f"shot-{shots}.png"), "wb") as f:
                    f.write(base64.b64decode(call("Page.captureScreenshot", format="png")["data"]))
                break
            if step == "saved" and finished:
                finished.pop(0)
                break
            if time.monotonic() > until:
                sys.exit(f"no {step} in time")
            for m in pump(0.1):
                event(m)


try:
    run()
finally:
    browser.terminate()
    try:
        browser.wait(5)
    except subprocess.TimeoutExpired:
        browser.kill()
