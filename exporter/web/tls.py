"""TLS for the exporter's own port: certificates are read again when their files change."""

import os
import ssl
from collections.abc import Iterable
from typing import Any

from exporter import log
from exporter.web.web_config import TlsServer, WebConfigError

_log = log.logger(__name__)
_Stamp = tuple[tuple[int, int, int], ...]


class Certificates:
    """Gives every handshake a context with the certificate that the files hold at that moment."""

    def __init__(self, config: TlsServer) -> None:
        self._config = config
        self._stamp = _stamp(config)
        self._current = build(config)
        self._listening = build(config)
        self._listening.sni_callback = self._choose

    @property
    def context(self) -> ssl.SSLContext:
        """The context to listen with; it stays the same."""
        return self._listening

    def _choose(self, connection: Any, _name: str | None, _context: ssl.SSLContext) -> None:
        stamp = _stamp(self._config)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._current = build(self._config)
                _log.info("certificate read again", file=self._config.cert_file)
            except WebConfigError as error:
                _log.error("certificate kept", reason=str(error))
        connection.context = self._current


def build(config: TlsServer) -> ssl.SSLContext:
    """A context for servers; raises WebConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = config.versions
    try:
        context.load_cert_chain(config.cert_file, config.key_file, lambda: _no_password(config))
    except (OSError, ssl.SSLError) as error:
        raise WebConfigError(
            f"tls_server_config: {config.cert_file} and {config.key_file} cannot be used: "
            f"{getattr(error, 'strerror', None) or error}; give a PEM certificate and its key"
        ) from error
    if config.client_ca_file is not None:
        try:
            context.load_verify_locations(config.client_ca_file)
        except (OSError, ssl.SSLError) as error:
            raise WebConfigError(
                f"tls_server_config: client_ca_file {config.client_ca_file} cannot be used: "
                f"{getattr(error, 'strerror', None) or error}; give a PEM bundle"
            ) from error
    context.verify_mode = config.client_auth_type.mode
    return context


def _no_password(config: TlsServer) -> str:
    """Called for a key that is encrypted; without it OpenSSL would ask on the terminal, and wait."""
    raise WebConfigError(
        f"tls_server_config: key_file {config.key_file} is encrypted; give a key without a password: "
        "openssl pkey -in KEY -out PLAIN"
    )


def names(certificate: dict[str, Any] | None) -> set[str]:
    """The subject alternative names of a client's certificate."""
    found: Iterable[tuple[str, str]] = (certificate or {}).get("subjectAltName", ())
    return {value for _, value in found}


def _stamp(config: TlsServer) -> _Stamp:
    stamps = []
    for path in (config.cert_file, config.key_file, config.client_ca_file):
        if path is not None:
            try:
                status = os.stat(path)  # noqa: PTH116  # called in every handshake
            except FileNotFoundError:
                continue
            stamps.append((status.st_mtime_ns, status.st_ino, status.st_size))
    return tuple(stamps)
