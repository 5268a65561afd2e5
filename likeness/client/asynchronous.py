"""The same client for asyncio. Its methods lie in async_methods.py."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import cast

import httpx

from likeness.client import schemas as t
from likeness.client.async_methods import AsyncMethods
from likeness.client.calls import Attempts, Call, checked, event_of


class AsyncClient(AsyncMethods):
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
        http: httpx.AsyncClient | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = http or httpx.AsyncClient(timeout=httpx.Timeout(70.0, connect=5.0))
        self._http.base_url = httpx.URL(url)
        self._http.headers.update(headers)
        self._patience = patience

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def follow_job(self, id: str) -> AsyncIterator[t.Job]:
        """A job whenever something of it changed, until it has ended."""
        again = True
        while again:
            again = False
            async with self._http.stream("GET", f"/api/jobs/{id}/events") as answer:
                if not answer.is_success:
                    await answer.aread()
                checked(answer)
                event = ""
                async for line in answer.aiter_lines():
                    event, data = event_of(line, event)
                    again = again or event == "again"
                    if data and event == "job":
                        yield cast(t.Job, json.loads(data))

    async def _send(self, call: Call) -> httpx.Response:
        attempts = Attempts(call, self._patience)
        while True:
            try:
                answer = await self._http.send(call.request(self._http))
            except httpx.TransportError as error:
                await asyncio.sleep(attempts.pause_after_error(error))
                continue
            pause = attempts.pause_after(answer)
            if pause is None:
                return checked(answer)
            await asyncio.sleep(pause)
