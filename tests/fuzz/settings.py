"""What an operator writes: both configuration files, and durations. Used as a whole, or refused."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import bcrypt
import yaml

from exporter.client import connection
from exporter.config.blocks import vendor_of
from exporter.config.durations import LONGEST, format_duration, parse_duration
from exporter.config.file import load
from exporter.config.text import ConfigError
from exporter.vendors.base import enabled_streams, limits_of
from exporter.web import web_config
from exporter.web.web_config import WebConfigError
from tests.fuzz import damage
from tests.fuzz.campaign import Attempt, BrokenPromiseError
from tests.streams.cases import CASES
from tests.web.certificates import Authority

_HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
_WEB: tuple[dict[str, Any], ...] = (
    {"basic_auth_users": {"prometheus": _HASH}},
    {
        "tls_server_config": {
            "cert_file": "cert.pem",
            "key_file": "key.pem",
            "client_auth_type": "RequireAndVerifyClientCert",
            "client_ca_file": "ca.pem",
            "client_allowed_sans": ["scraper.example.com"],
            "min_version": "TLS12",
            "max_version": "TLS13",
        }
    },
    {
        "http_server_config": {
            "http2": False,
            "headers": {
                "Content-Security-Policy": "default-src 'none'",
                "X-Frame-Options": "deny",
                "X-XSS-Protection": "0",
                "Strict-Transport-Security": "max-age=1",
            },
        }
    },
)


@asynccontextmanager
async def configuration(directory: Path) -> AsyncIterator[Attempt]:
    """The file of `--config.file`; what is taken can be asked all that the daemon asks of it."""
    secret = directory / "token"
    secret.write_text("s3cret-token-0123456789", encoding="utf-8")
    Authority(directory)
    bases = [_settings(each, secret) for each in range(len(CASES))]
    path = directory / "config.yaml"

    async def attempt(random: Random) -> str:
        path.write_bytes(_written(random, random.choice(bases)))
        try:
            read = load(path)
        except ConfigError as error:
            if not error.problems:
                raise BrokenPromiseError("refused without a reason") from error
            str(error).encode()
            return "refused"
        for target in read.targets:
            vendor = vendor_of(target)
            vendor.settings(target)
            connection.http_transport(target.proxy, target.ca_file)
            for _, options in enabled_streams(vendor, target):
                format_duration(options.interval)
            limits_of(vendor, target)
        return "taken"

    yield attempt


@asynccontextmanager
async def web_configuration(directory: Path) -> AsyncIterator[Attempt]:
    """The file of `--web.config.file`; what is taken can be sent in a response."""
    path = directory / "web.yml"

    async def attempt(random: Random) -> str:
        path.write_bytes(_written(random, random.choice(_WEB)))
        try:
            read = web_config.read(path)
        except WebConfigError as error:
            if not str(error):
                raise BrokenPromiseError("refused without a reason") from error
            str(error).encode()
            return "refused"
        for _, value in read.headers:
            if any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in value):
                raise BrokenPromiseError(f"the response header {value!r}")
        return "taken"

    yield attempt


@asynccontextmanager
async def durations(_: Path) -> AsyncIterator[Attempt]:
    """Any text or value; what is read is spelled so that it reads back."""

    async def attempt(random: Random) -> str:
        if random.random() < 0.2:
            given: object = random.choice((0, 1, -1, 0.0, 1.5, True, None, b"1s", [], {}, 10**400))
        else:
            units = random.sample("wdhms", random.randrange(1, 5))
            if random.random() < 0.7:
                units.sort(key="wdhms".index)
            given = "".join(f"{random.randrange(10 ** random.randrange(1, 7))}{u}" for u in units)
            if random.random() < 0.4:
                given = damage.shuffled_text(random, given)
        try:
            seconds = parse_duration(given)
        except ValueError:
            return "refused"
        if not 0 <= seconds <= LONGEST or parse_duration(format_duration(seconds)) != seconds:
            raise BrokenPromiseError(f"{given!r} is {seconds} s")
        return "read"

    yield attempt


def _settings(number: int, secret: Path) -> dict[str, Any]:
    case = CASES[number]
    target = {
        "vendor": case.vendor,
        "account": "acme",
        "auth": {"token_file": str(secret)},
        "base_url": "https://api.example.com/api/v3/",
        "timeout": "30s",
        "proxy": "http://proxy.example.com:3128",
        "ca_file": str(secret.with_name("ca.pem")),
        "streams": {case.stream: {"interval": "1h30m", **case.options}},
        **case.target,
    }
    return {
        "targets": [target],
        "privacy": {"users": "off", "key_file": str(secret)},
        "limits": {"series_per_stream": 100},
        "counting": {"birth_hold": "2m", "history": "baseline"},
        "state": {"path": "state.db"},
    }


def _written(random: Random, settings: dict[str, Any]) -> bytes:
    """The settings as YAML or JSON, damaged as data, as text or as bytes."""
    kind = random.randrange(4)
    if kind < 2:
        return damage.document(random, settings)
    text = yaml.safe_dump(json.loads(json.dumps(settings)))
    if kind == 2:
        return damage.shuffled_text(random, text).encode("utf-8", "surrogatepass")
    return damage.shuffled_bytes(random, text.encode())
