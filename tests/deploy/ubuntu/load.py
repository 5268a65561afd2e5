"""Asks without a pause, over https, until a file is there; then says how it went. Runs in the root.

load.py PICTURE STOP: three clients, each on connections of its own, no request sent twice.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import time
from pathlib import Path

picture, stop = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
trusting = ssl._create_unverified_context()
answered: list[float] = []
failed: list[str] = []
until = time.monotonic() + 240


def ask(connection: http.client.HTTPSConnection) -> None:
    begun = time.monotonic()
    connection.request("POST", "/api/predict", picture, {"Content-Type": "image/png"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise OSError(f"{answer.status} {body[:200]!r}")
    answered.append(time.monotonic() - begun)


def client() -> None:
    while not stop.exists() and time.monotonic() < until:
        connection = http.client.HTTPSConnection("127.0.0.1", context=trusting, timeout=60)
        try:
            for _ in range(5):
                ask(connection)
        except (OSError, http.client.HTTPException) as error:
            failed.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()


threads = [threading.Thread(target=client) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({"answered": len(answered), "longest": max(answered), "failed": failed}))
