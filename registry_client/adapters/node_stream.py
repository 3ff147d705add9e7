"""The node's stream of changes over HTTP, followed for as long as anybody listens; both kinds of driver.

- A lost connection is told as None, once, and tried again with growing pauses and the id seen last: the node then says
  what was missed, or to forget everything. A node that says nothing for three heartbeats is lost as well.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final

import httpx

from registry_client.core.changes import Change, EventReader
from registry_client.errors import FeatureNotSupportedError, LedgerUnavailableError
from registry_client.profile import Profile

PATH: Final = "/v1/events/stream"
SILENCE_S: Final = 45.0
"""Longest silence: three heartbeats of the node."""
PAUSE_MIN_S, PAUSE_MAX_S = 0.2, 10.0
"""Before connecting again: doubled after each failure."""


def follow(profile: Profile) -> Iterator[Change | None]:
    """Yield each change, None whenever the stream is lost; never ends by itself. Raises FeatureNotSupportedError."""
    url, reader = _url_of(profile), EventReader(profile.network)
    pause = PAUSE_MIN_S
    with httpx.Client(**_options()) as client:
        while True:
            reader.restart()
            try:
                with client.stream("GET", url, headers=_headers(reader)) as response:
                    _require_stream(response)
                    for data in response.iter_raw():
                        pause = PAUSE_MIN_S
                        yield from reader.feed(data)
            except (httpx.HTTPError, httpx.StreamError, LedgerUnavailableError):
                pass
            yield None
            time.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX_S)


async def afollow(profile: Profile) -> AsyncGenerator[Change | None, None]:
    """Do the same, awaited."""
    url, reader = _url_of(profile), EventReader(profile.network)
    pause = PAUSE_MIN_S
    async with httpx.AsyncClient(**_options()) as client:
        while True:
            reader.restart()
            try:
                async with client.stream("GET", url, headers=_headers(reader)) as response:
                    _require_stream(response)
                    async for data in response.aiter_raw():
                        pause = PAUSE_MIN_S
                        for change in reader.feed(data):
                            yield change
            except (httpx.HTTPError, httpx.StreamError, LedgerUnavailableError):
                pass
            yield None
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_MAX_S)


def _url_of(profile: Profile) -> str:
    if profile.node_url is None:
        raise FeatureNotSupportedError("only a node tells changes as they come: set node_url in the profile")
    return profile.node_url + PATH


def _options() -> dict[str, Any]:
    return {
        "timeout": httpx.Timeout(SILENCE_S, connect=5.0),
        "follow_redirects": False,
        "trust_env": False,
    }


def _headers(reader: EventReader) -> dict[str, str]:
    headers = {"accept": "text/event-stream", "accept-encoding": "identity"}
    return {**headers, "last-event-id": reader.last_id} if reader.last_id else headers


def _require_stream(response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if response.status_code != httpx.codes.OK or kind != "text/event-stream":
        raise LedgerUnavailableError(f"the node answered HTTP {response.status_code} and no stream")
