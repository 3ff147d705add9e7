"""The HTTP application: the resolver on its own short path, the rest through FastAPI; documentation works offline."""

import time
from collections.abc import Callable
from importlib import resources
from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from node.api import problems, traffic
from node.api import resolution_openapi as described
from node.api.deps import Services, known_queries
from node.api.resolution import PREFIX, Resolver
from node.api.resolution_answer import reply
from node.api.routers import (
    credentials,
    events,
    health,
    metrics,
    operations,
    registration,
    registry,
    status_lists,
    stream,
    vc_api,
)
from node.api.stream import HeadStream
from node.tracing import tracer

VERSION: Final = "0.1.0"
_ASSETS: Final = "/docs/assets"
_RESOLVER: Final = PREFIX.rstrip("/")
_SECURITY: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
_CSP: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_DESCRIPTION: Final = """The node of a DID and credential registry on a permissioned ledger.

Reads are open. Relaying needs an API token and signed operations; the node adds no authority of its own.
Every read says at which block it was made (`ledger`, `Mapae-Block`) and shows what is final; what is seen in blocks
that are not final yet stands beside it as `pending`. Errors are problem documents (RFC 9457)."""


class NodeApp:
    """The ASGI application of a node."""

    def __init__(self, services: Services, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
        self.stream = HeadStream(services, is_stopping=is_stopping)
        self.api = make_api(services, self.stream)
        self._resolver, self._traffic = Resolver(services), services.traffic

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send a request to the resolver or to the API."""
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = traffic.identify(scope["headers"])
        path: str = scope["path"]
        self._traffic.in_flight += 1
        try:
            is_resolution = path.startswith(PREFIX) or path == _RESOLVER
            answering = self._resolve if is_resolution else self._ask_api
            if not tracer.is_on:
                await answering(scope, receive, send, request_id, began)
                return
            with tracer.span("request") as describe:
                status = await answering(scope, receive, send, request_id, began)
                describe(
                    {
                        "http.response.status_code": status,
                        "http.route": traffic.route_of(scope, is_resolution=is_resolution),
                    }
                )
        finally:
            self._traffic.in_flight -= 1

    async def _resolve(self, scope: Any, receive: Any, send: Any, request_id: bytes, began: float) -> int:
        method = scope["method"]
        answer = await self._resolver.answer(scope, receive)
        await reply(send, answer, request_id, with_body=method != "HEAD")
        self._traffic.resolution(method, answer.status, began)
        return answer.status

    async def _ask_api(self, scope: Any, receive: Any, send: Any, request_id: bytes, began: float) -> int:
        own = ((traffic.HEADER, request_id), *_SECURITY)
        status = 500

        async def send_with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *own]
            await send(message)

        try:
            await self.api(scope, receive, send_with_headers)
        finally:
            self._traffic.answer(scope, status, began)
        return status


def make_api(services: Services, told: HeadStream | None = None) -> FastAPI:
    """Return the FastAPI application: every router, problem documents, documentation from our own files."""
    app = FastAPI(
        title="Mapae node",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.services, app.state.stream = services, told
    problems.install(app)
    for module in (
        operations,
        registration,
        registry,
        credentials,
        status_lists,
        vc_api,
        stream,
        events,
        health,
        metrics,
    ):
        app.include_router(module.router, dependencies=[Depends(known_queries)])
    _serve_docs(app)
    _describe(app)
    return app


def _serve_docs(app: FastAPI) -> None:
    assets = resources.files("node") / "data" / "swagger-ui"
    app.mount(_ASSETS, StaticFiles(directory=str(assets)), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Mapae node: API",
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon-32x32.png",
            swagger_ui_parameters={"validatorUrl": "none", "docExpansion": "list"},
        )
        page.headers["Content-Security-Policy"] = _CSP
        return page

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return Response(status_code=307, headers={"Location": "/docs"})


def _describe(app: FastAPI) -> None:
    """Add to the OpenAPI document what is served beside FastAPI: the resolver, and how a token is sent."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            document["paths"] = {PREFIX + "{did}": described.paths(), **document["paths"]}
            document.setdefault("components", {}).setdefault("securitySchemes", {})["token"] = {
                "type": "http",
                "scheme": "bearer",
                "description": "Made by `mapae-node tokens create <label>`.",
            }
            document["components"]["schemas"] |= described.SCHEMAS
            for name in ("HTTPValidationError", "ValidationError"):  # ours are problem documents with status 400
                document["components"]["schemas"].pop(name, None)
            for operation in (item for path in document["paths"].values() for item in path.values()):
                operation["responses"].pop("422", None)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
