"""Traces by OpenTelemetry, where the settings name a collector; else nothing of it is even imported.

Spans: request, index step, send, judge. Their attributes are counts, statuses and routes, never what a client sent.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from registry_client.errors import ConfigurationError

Value = str | int | float | bool
EXPORT_S: Final = 5
"""Longest that a collector is waited for."""


class Tracer:
    """One process's traces; off until it is started."""

    def __init__(self) -> None:
        self._tracer: Any = None
        self._provider: Any = None

    @property
    def is_on(self) -> bool:
        """Whether anybody collects."""
        return self._tracer is not None

    def start(self, endpoint: str, *, version: str, role: str) -> None:
        """Send spans to an OTLP/HTTP collector from now on. Raises ConfigurationError where the extra is missing."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise ConfigurationError(
                'otlp_endpoint is set and the extra "telemetry" is not installed: pip install "mapae[telemetry]", or '
                "take otlp_endpoint out of the settings",
                missing=error.name,
            ) from error
        names = {"service.name": "mapae-node", "service.version": version, "mapae.role": role}
        self._provider = TracerProvider(resource=Resource(names), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=EXPORT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("node")

    def stop(self) -> None:
        """Send what is left and end."""
        provider, self._tracer, self._provider = self._provider, None, None
        if provider is not None:
            provider.shutdown()

    @contextmanager
    def span(self, name: str) -> Iterator[Callable[[Mapping[str, Value]], None]]:
        """Trace what happens inside; yields what takes attributes. An error gives its class, not its words."""
        if self._tracer is None:
            yield _ignore
            return
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield span.set_attributes
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                raise


def _ignore(_attributes: Mapping[str, Value]) -> None:
    """Take attributes where nobody collects."""


tracer: Final = Tracer()
"""This process's."""
