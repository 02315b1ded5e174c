"""The file of `--web.config.file`, in the format of the Prometheus exporter-toolkit."""

import enum
import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import bcrypt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from exporter.config import document
from exporter.config.text import ConfigError, read_text
from exporter.masking import masked


class WebConfigError(Exception):
    """The file cannot be used; the message has a line for each thing to mend."""

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


def _refused(reason: str) -> AfterValidator:
    def refuse(_: object) -> object:
        raise ValueError(f"cannot be honoured: {reason}; remove it")

    return AfterValidator(refuse)


_COST = re.compile(rb"^(\$2[abxy]\$)(?:0[4-9]|[12][0-9]|3[01])\$")

_HeaderText = Annotated[str, Field(pattern=r"^[\t\x20-\x7e]*$")]
"""What an HTTP header can hold: a line break in it would end it, and begin another."""


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientAuth(enum.StrEnum):
    """What is asked of clients, in the words of Go's TLS."""

    NONE = "NoClientCert"
    VERIFY_IF_GIVEN = "VerifyClientCertIfGiven"
    REQUIRE_AND_VERIFY = "RequireAndVerifyClientCert"

    @property
    def mode(self) -> ssl.VerifyMode:
        return {
            ClientAuth.NONE: ssl.CERT_NONE,
            ClientAuth.VERIFY_IF_GIVEN: ssl.CERT_OPTIONAL,
            ClientAuth.REQUIRE_AND_VERIFY: ssl.CERT_REQUIRED,
        }[self]


_Version = Literal["TLS10", "TLS11", "TLS12", "TLS13"]
_VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}


class TlsServer(_Block):
    """`tls_server_config`; paths are relative to the file."""

    cert_file: str
    key_file: str
    client_auth_type: ClientAuth = ClientAuth.NONE
    client_ca_file: str | None = None
    client_allowed_sans: tuple[str, ...] = ()
    min_version: _Version = "TLS12"
    max_version: _Version = "TLS13"
    cert: Annotated[Any, _refused("give cert_file")] = None
    key: Annotated[Any, _refused("a key stands in a file of its own, give key_file")] = None
    client_ca: Annotated[Any, _refused("give client_ca_file")] = None
    cipher_suites: Annotated[Any, _refused("suites follow the system's OpenSSL")] = None
    curve_preferences: Annotated[Any, _refused("curves follow the system's OpenSSL")] = None
    prefer_server_cipher_suites: Annotated[Any, _refused("the order is OpenSSL's")] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.client_auth_type is ClientAuth.NONE) != (self.client_ca_file is None):
            raise ValueError(
                "client_ca_file and a client_auth_type that verifies need each other: give both"
            )
        if self.client_allowed_sans and self.client_ca_file is None:
            raise ValueError("client_allowed_sans needs client_ca_file")
        if _VERSIONS[self.min_version] > _VERSIONS[self.max_version]:
            raise ValueError("min_version is above max_version")
        return self

    @property
    def versions(self) -> tuple[ssl.TLSVersion, ssl.TLSVersion]:
        return _VERSIONS[self.min_version], _VERSIONS[self.max_version]


class Headers(_Block):
    """Response headers that the toolkit knows."""

    content_security_policy: _HeaderText | None = Field(None, alias="Content-Security-Policy")
    frame_options: Literal["", "deny", "sameorigin"] | None = Field(None, alias="X-Frame-Options")
    content_type_options: Literal["", "nosniff"] | None = Field(
        None, alias="X-Content-Type-Options"
    )
    xss_protection: _HeaderText | None = Field(None, alias="X-XSS-Protection")
    transport_security: _HeaderText | None = Field(None, alias="Strict-Transport-Security")


def _http1(value: object) -> object:
    if value:
        raise ValueError("cannot be honoured: this server speaks HTTP/1.1; write http2: false")
    return value


class HttpServer(_Block):
    """`http_server_config`."""

    http2: Annotated[bool, AfterValidator(_http1)] = False
    headers: Headers = Headers()


class WebConfig(_Block):
    """The whole file."""

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: dict[str, str] = Field(default_factory=dict)
    rate_limit: Annotated[Any, _refused("the number of requests at once is bounded instead")] = None

    @model_validator(mode="after")
    def _hashed_passwords(self) -> Self:
        for user, hashed in self.basic_auth_users.items():
            try:
                # Checked at the lowest cost: a valid hash may have a cost that takes days.
                bcrypt.checkpw(b"", _COST.sub(rb"\g<1>04$", hashed.encode(), count=1))
            except ValueError as error:
                raise ValueError(
                    f"basic_auth_users: the password of {user} is not a bcrypt hash; make one with "
                    "htpasswd -nBC 10 ''"
                ) from error
        return self

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The response headers, as they go out."""
        shown = self.http_server_config.headers.model_dump(by_alias=True, exclude_none=True)
        return [(name.lower().encode(), text.encode("latin-1")) for name, text in shown.items()]


def read(path: Path) -> WebConfig:
    """Read and check the file, with the files that it names; raises WebConfigError."""
    try:
        data = document.read(read_text(path, "--web.config.file"), path).data
    except ConfigError as error:
        raise WebConfigError(str(error)) from error
    try:
        config = WebConfig.model_validate(data or {})
    except ValidationError as error:
        # The input is left out of the messages: it can be a key or a password's hash.
        lines = [
            f"{path}: {'.'.join(map(str, part['loc'])) or 'the file'}: {part['msg']}"
            for part in error.errors(include_url=False, include_input=False)
        ]
        raise WebConfigError("\n".join(lines)) from error
    return _resolved(config, path.parent)


def _resolved(config: WebConfig, directory: Path) -> WebConfig:
    tls = config.tls_server_config
    if tls is None:
        return config
    paths = {
        name: str(directory / getattr(tls, name))
        for name in ("cert_file", "key_file", "client_ca_file")
        if getattr(tls, name) is not None
    }
    return config.model_copy(update={"tls_server_config": tls.model_copy(update=paths)})
