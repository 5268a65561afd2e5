"""The API for Python programs: `Client`, and `AsyncClient` for asyncio. Needs httpx.

    from likeness.client import Client

    with Client("http://localhost:8080", key="lk_...") as likeness:
        print(likeness.predict("photo.jpg")["label"])

A method for each route, made from the OpenAPI document (python -m tests.likeness.client_source).
Nothing of the service is imported here.
"""

from likeness.client.asynchronous import AsyncClient
from likeness.client.calls import Away, ClientError, Picture, Problem
from likeness.client.synchronous import Client

__all__ = ["AsyncClient", "Away", "Client", "ClientError", "Picture", "Problem"]
