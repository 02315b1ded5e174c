"""One stream through the whole pipeline: everything is real but the vendor and the time."""

import hashlib
import json
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from exporter.client.client import Client
from exporter.config.blocks import Config, vendor_of
from exporter.config.file import parse
from exporter.exposition import catalogue
from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.model import StreamKey
from exporter.poll.exposure import Exposure
from exporter.poll.job import Counting, Job
from exporter.poll.poller import Poller
from exporter.poll.transform.groups import GroupLimit
from exporter.poll.transform.privacy import Privacy, Users
from exporter.store.store import StreamState
from exporter.streams.contract import AnyStream
from exporter.telemetry.self_metrics import METRICS as SELF_METRICS
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import enabled_streams, limits_of, per_minute
from tests.clock import ManualClock
from tests.state_file import open_store

HERE = Path(__file__).parent
ACCOUNT = "acme"
SECRET = "s3cret-token"
KEY = b"0123456789abcdef"
_SECRETS = TemporaryDirectory()

Query: TypeAlias = Mapping[str, str]
View: TypeAlias = Callable[[Any, "Asked"], httpx.Response]
Path_: TypeAlias = tuple[str | int, ...]


class Asked(NamedTuple):
    """A request as a view sees it: its URL, the part of the path after the route's, its query.

    `most` is the largest page that the fake vendor gives, `body` what the JSON body of a POST holds.
    """

    url: httpx.URL
    tail: str
    query: Query
    most: int
    body: Any = None


@dataclass(frozen=True)
class Route:
    """An endpoint of the fake vendor: `view` makes the answer from the body of a fixture.

    The longest `path` that starts the request's path wins; `etag` offers conditional requests.
    """

    path: str
    fixture: str
    view: View
    etag: bool = True


@dataclass(frozen=True)
class Place:
    """A field in a fixture."""

    fixture: str
    path: Path_

    @property
    def name(self) -> str:
        return str(self.path[-1])

    @property
    def record(self) -> "Place":
        """What holds the field."""
        return Place(self.fixture, self.path[:-1])


@dataclass(frozen=True)
class Counted:
    """A whole number in a fixture, and the counter that it alone adds to."""

    place: Place
    metric: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Month:
    """How a stream is counted in the simulated world, where the campaigns compare it with the truth.

    `options` are what it takes to read all of it; metrics whose names begin with one of `left_out` are
    not compared, because these options do not ask for them or the truth does not tell of them. With these
    options the labels that are `blank` are empty. In a `steady` stream no value moves to other labels or
    shrinks.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    steady: bool = False
    blank: tuple[str, ...] = ()

    def labels(self, true: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The labels of the truth as the stream has them."""
        return tuple((name, "" if name in self.blank else value) for name, value in true)


@dataclass(frozen=True)
class Case:
    """What the contract tests and the campaigns need to know of a stream.

    `required` is a field that the stream cannot do without, `counted` one that feeds a counter (None
    for a stream that has none). `people` are texts of the fixtures that name persons; `users` is the
    privacy setting without which the stream reads nothing. `empty` are the bodies of a vendor that has
    nothing. `parts` are the paths of what the stream can do without, by the part's name, `part_files`
    those of files behind them that have gauges; `members` are asked once for each member of the account.
    Where so many are refused as `first_asked`, nothing answers. `never_odd` are paths of which no field
    of a row is read, so any object is a good one. `paged` is the path of a list that `paging` options
    make the stream read in JSON pages (None: no list has pages). Of a vendor that always has something
    `empty` is empty. A stream that is not `whole` keeps what it read before a fault half-way. `month` is
    None where the simulator knows no truth of the stream. `forms` are options under which it meets every
    fault besides its defaults; one that is off by default needs at least one form.
    Where `null_is_missing` a `required` field that is null says that there is nothing yet.
    """

    vendor: str
    stream: str
    now: str
    routes: Sequence[Route]
    required: Place
    counted: Counted | None
    empty: Mapping[str, Any]
    people: Sequence[str] = ()
    users: Users = Users.OFF
    parts: Mapping[str, str] = field(default_factory=dict)
    part_files: Sequence[str] = ()
    members: tuple[str, ...] = ()
    first_asked: int = 1
    never_odd: Sequence[str] = ()
    paged: str | None = None
    whole: bool = True
    null_is_missing: bool = False
    paging: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    month: Month | None = None
    forms: Sequence[Mapping[str, Any]] = ()

    @property
    def name(self) -> str:
        return f"{self.vendor}_{self.stream}"

    @property
    def folder(self) -> Path:
        return HERE / self.vendor / self.stream

    @property
    def fixtures(self) -> Path:
        return self.folder / "fixtures"

    def golden(self, kind: str = "") -> Path:
        return self.folder / f"golden{kind}.txt"


class FakeVendor:
    """Answers from fixture bodies, which a test may change; some requests can be made to fail.

    `alter` may change an answer that a route's view has made; `refuse` may answer instead of it.
    """

    def __init__(self, case: Case) -> None:
        self.requests: list[httpx.Request] = []
        self.most = 10_000
        self.alter: Callable[[Route, httpx.Response], httpx.Response] = lambda _, found: found
        self.refuse: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.bodies: dict[str, Any] = {
            path.name.removesuffix(".json"): _read(path) for path in sorted(case.fixtures.iterdir())
        }
        self._routes = sorted(case.routes, key=lambda route: -len(route.path))
        self._fault: Callable[[], httpx.Response] | None = None
        self._first, self._last = 0, 0

    def fail(
        self, answer: Callable[[], httpx.Response], *, after: int = 0, times: int = 10**9
    ) -> None:
        """Give `answer` to the next requests but the first `after`, `times` times."""
        self._fault = answer
        self._first = len(self.requests) + after
        self._last = self._first + times

    def heal(self) -> None:
        self._fault = None

    def get(self, place: Place) -> Any:
        found = self.bodies[place.fixture]
        for step in place.path:
            found = found[step]
        return found

    def set(self, place: Place, value: Any) -> None:
        self.get(place.record)[place.path[-1]] = value

    def remove(self, place: Place) -> None:
        del self.get(place.record)[place.path[-1]]

    def asked(self, path: str) -> list[httpx.Request]:
        """The requests so far whose path has this end."""
        return [request for request in self.requests if request.url.path.endswith(path)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        number = len(self.requests)
        self.requests.append(request)
        if self._fault is not None and self._first <= number < self._last:
            return self._fault()
        if (refusal := self.refuse(request)) is not None:
            return refusal
        path = request.url.path
        for route in self._routes:
            if path.startswith(route.path):
                tail = path[len(route.path) :].strip("/")
                body = json.loads(request.content) if request.content else None
                asked = Asked(request.url, tail, dict(request.url.params), self.most, body)
                # Several times as fast as a deep copy, and made for each of thousands of requests.
                fresh = pickle.loads(pickle.dumps(self.bodies[route.fixture]))
                response = route.view(fresh, asked)
                response = self.alter(route, response)
                return _conditional(request, response) if route.etag else response
        return httpx.Response(404, json={"message": f"nothing at {path}"})


def _read(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else text


def _conditional(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == etag:
        return httpx.Response(304, headers={"etag": etag})
    response.headers["etag"] = etag
    return response


class Pipeline:
    """A stream of one target with everything that polls it; open it as an async context."""

    def __init__(
        self,
        case: Case,
        directory: Path,
        *,
        users: Users | None = None,
        count_history: bool = True,
        birth_hold: int = 0,
        options: Mapping[str, Any] | None = None,
        target: Mapping[str, Any] | None = None,
        now: str | None = None,
        key: bytes = KEY,
        min_group_size: int = 1,
    ) -> None:
        self.case = case
        self.vendor = FakeVendor(case)
        self.clock = ManualClock(unix(now or case.now))
        self.page = ""
        self._directory = directory
        self._key, self._groups = key, GroupLimit(min_group_size)
        self._privacy = Privacy(case.users if users is None else users, key)
        self._birth_hold, self._count_history = birth_hold, count_history
        self._config = _config(case, target or {}, options or {})

    async def __aenter__(self) -> "Pipeline":
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def restart(
        self, users: Users | None = None, *, min_group_size: int | None = None
    ) -> None:
        """End the process and start it again on the same state file, with another privacy if given."""
        await self._close()
        if users is not None:
            self._privacy = Privacy(users, self._key)
        if min_group_size is not None:
            self._groups = GroupLimit(min_group_size)
        await self._open()

    async def poll(self, after: float = 0) -> None:
        """Poll once, `after` seconds from now."""
        self.clock.now += after
        await self.poller.poll(self.job)
        await self._look()

    async def refresh(self, after: float = 0) -> None:
        """Bring the page up to date without a poll, `after` seconds from now."""
        self.clock.now += after
        await self.poller.publisher.refresh(self.job)
        await self._look()

    async def state(self) -> StreamState:
        """What is stored of the stream."""
        return await self._store.load(self.job.key)

    @property
    def stream(self) -> AnyStream:
        return self.job.stream

    @property
    def status(self) -> StreamStatus:
        return self.job.status

    def self_page(self) -> str:
        """The exporter's own families."""
        names = [metric.name for metric in SELF_METRICS]
        return self.board.page.select(names, Format.PLAIN).decode()

    def values(self, metric: str) -> dict[tuple[str, ...], float]:
        """The series of a metric by the values of its own labels."""
        labels = next(m.labels for m in self.stream.metrics if m.name == metric)
        return {
            tuple(sample.labels[name] for name in labels): sample.value
            for sample in _samples(self.page)[metric]
        }

    def value(self, metric: str, *labels: str) -> float | None:
        """One series; None where it is not shown."""
        return self.values(metric).get(labels)

    async def _open(self) -> None:
        [target] = self._config.targets
        vendor = vendor_of(target)
        self._store = open_store(self._directory / "state.db", self.clock.time())
        self.target_status = TargetStatus(vendor.name, target.account)
        bare = Client(
            vendor.settings(target),
            None,
            limits_of(vendor, target),
            self.target_status,
            self.clock,
            Random(7),
            httpx.MockTransport(self.vendor),
        )
        self._client = bare.authorized(vendor.credential(target, bare))
        [(stream, options)] = [
            pair for pair in enabled_streams(vendor, target) if pair[0].name == self.case.stream
        ]
        own = {metric.name for metric in (*SELF_METRICS, *stream.metrics)}
        families = [metric for name, metric in _metrics().items() if name in own]
        self.board = Exposition(families, clock=self.clock)
        key = StreamKey(vendor.name, target.account, stream.name)
        status = StreamStatus(key, options.interval)
        self.target_status.streams[stream.name] = status
        limit = options.requests_per_minute
        client = self._client.narrowed(per_minute(limit) if limit else None)
        self.job = Job(key, target, stream, options, client, status, self.target_status)
        exposure = Exposure(self._birth_hold, 86_400, self.clock.time())
        counting = Counting(exposure, self._count_history, 5_000, self._groups)
        self.poller = Poller(self._store, self.board, self._privacy, counting, self.clock)
        await self.poller.restore(self.job)
        await self._look()

    async def _close(self) -> None:
        await self._client.close()
        await self._store.close()

    async def _look(self) -> None:
        await self.board.flush()
        names = [metric.name for metric in self.stream.metrics]
        self.page = self.board.page.select(names, Format.PLAIN).decode()


def _config(case: Case, target: Mapping[str, Any], options: Mapping[str, Any]) -> Config:
    settings = {
        "vendor": case.vendor,
        "account": ACCOUNT,
        "auth": {"token_file": str(_token_file())},
        "streams": {case.stream: {**case.options, **options}},
        **case.target,
        **target,
    }
    return _read_config(json.dumps({"targets": [settings]}))


@cache
def _read_config(text: str) -> Config:
    return parse(text, Path("config.yaml"))


@cache
def _token_file() -> Path:
    file = Path(_SECRETS.name) / "token"
    file.write_text(SECRET, encoding="utf-8")
    return file


_metrics = cache(catalogue.metrics)


# Parsing a page is most of what a test costs that asks for each of its metrics.
@lru_cache(maxsize=2)
def _samples(page: str) -> Mapping[str, list[Sample]]:
    """The samples of a page by name."""
    found: defaultdict[str, list[Sample]] = defaultdict(list)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found[sample.name].append(sample)
    return found


def unix(text: str) -> float:
    """Unix seconds of an ISO time with its zone."""
    return datetime.fromisoformat(text).timestamp()


def answer(content: Any, **headers: str) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(
        200,
        content=msgspec.json.encode(content),
        headers={"content-type": "application/json", **headers},
    )
