"""GitHub's OpenAPI description, and where a request or an answer differs from it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue

HOST = "https://api.github.com"

Differences: TypeAlias = dict[str, str]
"""Differences, each with an example of it or with nothing."""

_FILE = Path(__file__).parent / "description.json"
_INDEX = re.compile(r"\[\d+\]")
_OF_FIELDS = ("required", "properties", "additionalProperties")
"""The rules of JSON Schema whose errors name fields, and no value."""

# What GitHub says of a parameter in words only, and the keywords that say the same.
_IN_WORDS: tuple[tuple[str, Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (r"\(max (\d+)\)", lambda found: {"minimum": 1, "maximum": int(found[1])}),
    (
        r"between `(\d+)` and `(\d+)`",
        lambda found: {"minimum": int(found[1]), "maximum": int(found[2])},
    ),
    (
        "`YYYY-MM-DDTHH:MM:SSZ`",
        lambda _: {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    ),
)


class Description:
    """The operations that GitHub describes, by names such as `GET /orgs/{org}/copilot/billing`."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.operations: dict[str, Any] = {
            f"{method.upper()} {path}": operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    @cached_property
    def _api(self) -> OpenAPI:
        # A field that no schema names is as much of a difference as one of another type.
        return OpenAPI.from_dict(
            self._document, config=Config(additional_properties_default_policy="forbid")
        )

    @cached_property
    def _finder(self) -> APICallPathFinder:
        return APICallPathFinder(self._api.spec)

    def examples(self, operation: str) -> list[httpx.Response]:
        """GitHub's own answers to an operation."""
        return [
            httpx.Response(int(status), json=self._resolved(example)["value"])
            for status, answer in self.operations[operation]["responses"].items()
            for content in self._resolved(answer).get("content", {}).values()
            for example in content.get("examples", {}).values()
        ]

    def name(self, request: httpx.Request) -> str | None:
        """The operation that a request calls; None where GitHub describes none."""
        try:
            found = self._finder.find(request.method.lower(), HOST + request.url.path)
        except PathError:
            return None
        return f"{request.method} {found.path_result.pattern}"

    def of_request(self, request: httpx.Request) -> Differences:
        """Where a request differs from the description."""
        name = self.name(request)
        if name is None:
            return {f"{request.method} {request.url.path} is not described": ""}
        told = _told(self._api.iter_request_errors(_asked(request)))
        # GitHub would take no notice of it.
        unknown = {f"no parameter {one!r} is described": "" for one in self._unknown(name, request)}
        return {f"{name}: {what}": seen for what, seen in (told | unknown).items()}

    def of_answer(self, request: httpx.Request, response: httpx.Response) -> Differences:
        """Where an answer differs from it; an error does only where GitHub describes one."""
        errors = [
            error
            for error in self._api.iter_response_errors(_asked(request), _answered(response))
            if response.is_success or not isinstance(error, ResponseNotFound)
        ]
        where = f"{self.name(request)}: {response.status_code}"
        return {f"{where}: {what}": seen for what, seen in _told(errors).items()}

    def _unknown(self, name: str, request: httpx.Request) -> Iterable[str]:
        described = map(self._resolved, self.operations[name].get("parameters", ()))
        known = {one["name"] for one in described if one["in"] == "query"}
        return sorted(request.url.params.keys() - known)

    def _resolved(self, value: Any) -> Any:
        while "$ref" in value:
            _, *steps = value["$ref"].split("/")
            value = self._document
            for step in steps:
                value = value[step]
        return value


@lru_cache(maxsize=1)
def description() -> Description:
    """What GitHub describes, with what it says in words only."""
    document = json.loads(_FILE.read_text("utf-8"))
    for parameter in _parameters(document):
        for words, keywords in _IN_WORDS:
            if found := re.search(words, parameter.get("description", "")):
                parameter["schema"] |= keywords(found)
    for schema in _one_of_many(document):
        # GitHub means null to be one of them; OpenAPI 3.0 hears `nullable` only beside a type.
        schema["oneOf"].append({"enum": [None]})
    return Description(document)


def _parameters(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["parameters"].values()
    for methods in document["paths"].values():
        for operation in methods.values():
            yield from (one for one in operation.get("parameters", ()) if "$ref" not in one)


def _one_of_many(value: Any) -> Iterator[dict[str, Any]]:
    """The schemas of values of several kinds that may be null."""
    if isinstance(value, dict):
        if value.get("nullable") and "oneOf" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _one_of_many(one)


def _asked(request: httpx.Request) -> MockRequest:
    query = request.url.params
    return MockRequest(
        HOST,
        request.method,
        request.url.path,
        args={name: query.get_list(name) for name in query},
        data=request.content,
        content_type=request.headers.get("content-type", ""),
    )


def _answered(response: httpx.Response) -> MockResponse:
    kind = response.headers.get("content-type", "")
    return MockResponse(response.content, response.status_code, content_type=kind)


def _told(errors: Iterable[Exception]) -> Differences:
    """The errors in words; what many rows have in one place is told once."""
    found: Differences = {}
    for error in errors:
        cause = error.__cause__
        if not isinstance(cause, InvalidSchemaValue):
            found[str(error)] = str(cause or "")
            continue
        schema_errors: Iterable[Any] = cause.schema_errors
        for one in schema_errors:
            name = getattr(error, "name", None)  # of a parameter
            place = _INDEX.sub("[]", one.json_path) if name is None else f"parameter {name!r}"
            if one.validator in _OF_FIELDS:
                found[f"{place}: {one.message}"] = ""
            else:
                found[f"{place}: {one.validator}"] = one.message
    return found
