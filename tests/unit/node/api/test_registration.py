"""A registrar's route ends every request with a registration result, also when the node itself is in trouble."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from node.api.app import make_api
from node.ports import NotIndexedError, StoreUnavailableError
from node.services.operations import QueueFullError
from node.services.tokens import QuotaSpentError, TokenRefusedError
from registry_client.errors import FeatureNotSupportedError, LedgerUnavailableError, WrongLedgerError


def failing(error: Exception) -> Any:
    """Services whose first step fails with `error`."""

    def bearer(_authorization: str | None) -> Any:
        raise error

    return SimpleNamespace(tokens=SimpleNamespace(bearer=bearer))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TokenRefusedError("no token"), 401),
        (QuotaSpentError("spent", resets_at=1), 429),
        (QueueFullError("full"), 503),
        (NotIndexedError(), 503),
        (StoreUnavailableError("no space"), 503),
        (LedgerUnavailableError("away"), 503),
        (FeatureNotSupportedError("no such mode"), 400),
        (WrongLedgerError("another"), 400),
        (RuntimeError("a secret of the inside"), 500),
    ],
)
def test_every_trouble_is_a_failed_result_with_its_status(
    error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    for path in ("/1.0/create?method=mapae", "/1.0/update", "/1.0/deactivate"):
        answer = asyncio.run(posted(path, error))
        result = answer.json()
        assert answer.status_code == status
        assert (result["jobId"], result["didState"]["state"]) == (None, "failed")
        assert result["didRegistrationMetadata"]["error"]["status"] == status
        assert ("retry-after" in answer.headers) == (status in {429, 503})
        assert "secret of the inside" not in answer.text


async def posted(path: str, error: Exception) -> httpx.Response:
    transport = httpx.ASGITransport(make_api(failing(error)))
    async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
        return await client.post(path, json={})
