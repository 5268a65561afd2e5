"""A client that waits for each answer. Its methods lie in sync_methods.py."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import cast

import httpx

from likeness.client import schemas as t
from likeness.client.calls import Attempts, Call, checked, event_of
from likeness.client.sync_methods import Methods


class Client(Methods):
    """url: of the service. key: as `likeness keys create` prints it. patience: seconds in which a
    call that may be tried again is tried again; 0 tries once. http: a client of your own.

    Every method raises Problem where the service refuses and Away where it cannot be reached. What
    changes something is sent again only where the service has surely not done it.
    """

    def __init__(
        self,
        url: str = "http://localhost:8080",
        key: str | None = None,
        patience: float = 30.0,
        http: httpx.Client | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = http or httpx.Client(timeout=httpx.Timeout(70.0, connect=5.0))
        self._http.base_url = httpx.URL(url)
        self._http.headers.update(headers)
        self._patience = patience

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def follow_job(self, id: str) -> Iterator[t.Job]:
        """A job whenever something of it changed, until it has ended."""
        again = True
        while again:
            again = False
            with self._http.stream("GET", f"/api/jobs/{id}/events") as answer:
                if not answer.is_success:
                    answer.read()
                checked(answer)
                event = ""
                for line in answer.iter_lines():
                    event, data = event_of(line, event)
                    again = again or event == "again"
                    if data and event == "job":
                        yield cast(t.Job, json.loads(data))

    def _send(self, call: Call) -> httpx.Response:
        attempts = Attempts(call, self._patience)
        while True:
            try:
                answer = self._http.send(call.request(self._http))
            except httpx.TransportError as error:
                time.sleep(attempts.pause_after_error(error))
                continue
            pause = attempts.pause_after(answer)
            if pause is None:
                return checked(answer)
            time.sleep(pause)
