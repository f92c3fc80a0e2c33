"""What is counted of the server, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)


class Meters:
    """The counters of one server. Nothing in them tells who asked, or what."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when each began to count: half as many lines again
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "dateline_requests", "Requests by route, method and status", ("route", "method", "status"),
            registry=self._registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "dateline_request_seconds", "Seconds until a response is complete", ("route",), buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self.answers = Counter(
            "dateline_answers",
            "Answers by status and the door they left by",
            ("status", "door"),
            registry=self._registry,
        )
        self.refused = Counter(
            "dateline_refused", "Requests refused before they were worked on", ("why",), registry=self._registry
        )

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Add a gauge whose value is looked up whenever it is asked for."""
        Gauge(name, told, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)
