"""The exporter's metrics about itself, as families of points like any other."""

import platform
from collections.abc import Iterable, Mapping, Sequence

import prometheus_client
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from exporter import __version__
from exporter.client.errors import State
from exporter.model import Metric, MetricType, Point, Scope
from exporter.telemetry.status import StreamStatus, TargetStatus

Families = dict[Metric, Sequence[Point]]


def _stream(name: str, kind: MetricType, text: str, *labels: str) -> Metric:
    return Metric(f"usage_exporter_{name}", kind, text, labels, Scope.STREAM)


def _target(name: str, kind: MetricType, text: str, *labels: str) -> Metric:
    return Metric(f"usage_exporter_{name}", kind, text, labels, Scope.VENDOR_ACCOUNT)


def _exporter(name: str, kind: MetricType, text: str, *labels: str) -> Metric:
    return Metric(f"usage_exporter_{name}", kind, text, labels, Scope.EXPORTER)


UP = _target(
    "up",
    MetricType.GAUGE,
    "Whether the vendor gave a valid answer to at least one stream of the target's account.",
)
API_REQUESTS = _target(
    "api_requests_total",
    MetricType.COUNTER,
    "Requests sent to the vendor by path template and status code; code error is no answer.",
    "endpoint",
    "code",
)
API_WAIT = _target(
    "api_wait_seconds_total",
    MetricType.COUNTER,
    "Time that requests were held back to keep the vendor's limits.",
)
API_ANSWER = _target(
    "api_answer_seconds_total",
    MetricType.COUNTER,
    "Time until the vendor's answers began or requests failed, waiting for limits left out.",
)
CREDENTIAL_EXPIRY = _target(
    "credential_expiry_timestamp_seconds",
    MetricType.GAUGE,
    "When the credential ends, where the vendor's answers tell.",
)
STATE = _stream(
    "stream_state", MetricType.GAUGE, "The state of the stream: 1 for the current one.", "state"
)
LAST_SUCCESS = _stream(
    "last_success_timestamp_seconds",
    MetricType.GAUGE,
    "When a poll of the stream last ended without a problem.",
)
DATA = _stream(
    "data_timestamp_seconds",
    MetricType.GAUGE,
    "The end of the newest whole bucket for which there are data.",
)
INTERVAL = _stream(
    "poll_interval_seconds", MetricType.GAUGE, "The configured time between two polls."
)
POLLS = _stream("polls_total", MetricType.COUNTER, "Polls that were started.")
FAILURES = _stream(
    "poll_failures_total",
    MetricType.COUNTER,
    "Polls that failed, by the state they led to; most change nothing, a poll of several parts may.",
    "reason",
)
DURATION = _stream(
    "poll_duration_seconds", MetricType.HISTOGRAM, "How long polls took, waiting included."
)
RECORDS = _stream("records_total", MetricType.COUNTER, "Records read in polls that were committed.")
REJECTED = _stream(
    "records_rejected_total",
    MetricType.COUNTER,
    "Records that polls left out because they cannot be read, by the field that is odd in them.",
    "field",
)
CORRECTIONS = _stream(
    "corrections_total", MetricType.COUNTER, "Buckets whose value the vendor lowered afterwards."
)
LEFT_OUT = _stream(
    "left_out_seconds",
    MetricType.GAUGE,
    "Time that polls leave out because the answers for it cannot be read; it is tried again daily.",
)
LOST = _stream(
    "lost_seconds_total",
    MetricType.COUNTER,
    "Time that is not counted because it was out of the vendor's reach before it was told.",
)
WALK = _stream(
    "walk_progress_ratio",
    MetricType.GAUGE,
    "How much of its walk over many teams, days or files the stream has done: 1 is all.",
)
SERIES = _stream("series", MetricType.GAUGE, "Series that the stream has on the page.")
FOLDED = _stream(
    "series_folded_total",
    MetricType.COUNTER,
    "Series that polls added to other because the stream's limit of series was reached.",
)
DRIFT = _stream(
    "schema_drift_total",
    MetricType.COUNTER,
    "Fields in the vendor's answers that this version does not know.",
    "field",
)
RELOAD_SUCCESSFUL = _exporter(
    "config_last_reload_successful",
    MetricType.GAUGE,
    "Whether the configuration was last read well.",
)
RELOAD_TIME = _exporter(
    "config_last_reload_success_timestamp_seconds",
    MetricType.GAUGE,
    "When the configuration was last read well.",
)
STATE_CREATED = _exporter(
    "state_created_timestamp_seconds",
    MetricType.GAUGE,
    "When the state file was made: counters start afresh with it.",
)
BUILD_INFO = _exporter(
    "build_info", MetricType.GAUGE, "The version of the exporter.", "version", "python_version"
)

METRICS = (
    UP, API_REQUESTS, API_WAIT, API_ANSWER, CREDENTIAL_EXPIRY, STATE, LAST_SUCCESS, DATA, INTERVAL, POLLS, FAILURES, DURATION,
    RECORDS, REJECTED, CORRECTIONS, LEFT_OUT, LOST, WALK, SERIES, FOLDED, DRIFT, RELOAD_SUCCESSFUL, RELOAD_TIME,
    STATE_CREATED, BUILD_INFO,
)  # fmt: skip


def stream_families(status: StreamStatus) -> Families:
    """Everything about one stream; what is not known yet is left out."""
    key = tuple(status.key)
    families: Families = {
        INTERVAL: [Point(key, status.interval)],
        POLLS: [Point(key, status.polls)],
        FAILURES: [
            Point((*key, state.value), status.failures[state.value])
            for state in State
            if not state.answered
        ],
        DURATION: [Point(key, status.durations.histogram())],
        RECORDS: [Point(key, status.records)],
        REJECTED: [Point((*key, name), rows) for name, rows in sorted(status.rejected.items())],
        CORRECTIONS: [Point(key, status.corrections)],
        LEFT_OUT: [Point(key, status.left_out)],
        LOST: [Point(key, status.lost)],
        SERIES: [Point(key, status.series)],
        FOLDED: [Point(key, status.folded)],
        DRIFT: [Point((*key, name), times) for name, times in sorted(status.drift.items())],
    }
    if status.walk is not None:
        done, total = status.walk
        families[WALK] = [Point(key, done / total if total else 1)]
    if status.state is not None:
        families[STATE] = [
            Point((*key, state.value), int(state is status.state)) for state in State
        ]
    for metric, moment in ((LAST_SUCCESS, status.last_success), (DATA, status.data_until)):
        families[metric] = [] if moment is None else [Point(key, moment)]
    return families


def target_families(status: TargetStatus) -> Families:
    """What was asked of a target's vendor, and whether it answers, where that is known."""
    key = (status.vendor, status.account)
    return {
        UP: [] if status.up is None else [Point(key, int(status.up))],
        API_REQUESTS: [
            Point((*key, *request), times) for request, times in sorted(status.requests.items())
        ],
        API_WAIT: [Point(key, round(status.wait_seconds, 3))],
        API_ANSWER: [Point(key, round(status.answer_seconds, 3))],
        CREDENTIAL_EXPIRY: (
            [] if status.credential_end is None else [Point(key, status.credential_end)]
        ),
    }


def exporter_families(
    state_created: float | None, reload_successful: bool, reload_time: float
) -> Families:
    """What there is once in a process."""
    families: Families = {
        RELOAD_SUCCESSFUL: [Point((), int(reload_successful))],
        RELOAD_TIME: [Point((), reload_time)],
        BUILD_INFO: [Point((__version__, platform.python_version()), 1)],
    }
    if state_created is not None:
        families[STATE_CREATED] = [Point((), state_created)]
    return families


class ProcessMetrics:
    """The standard `process_` and `python_` families of prometheus_client."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._metrics = {metric.name: metric for metric in self._described()}

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return tuple(self._metrics.values())

    def families(self) -> Families:
        """The current values."""
        return {
            self._metrics[_exposed_name(family)]: [
                Point(tuple(sample.labels.values()), sample.value)
                for sample in family.samples
                if not sample.name.endswith("_created")
            ]
            for family in self._registry.collect()
        }

    def _described(self) -> Iterable[Metric]:
        for family in self._registry.collect():
            kind = MetricType(family.type)
            labels: Mapping[str, str] = family.samples[0].labels if family.samples else {}
            name = _exposed_name(family)
            yield Metric(name, kind, family.documentation, tuple(labels), Scope.EXPORTER)


def _exposed_name(family: prometheus_client.Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name
