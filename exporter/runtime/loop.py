"""The event loop of the exporter's commands."""

from typing import Any

import uvloop

from exporter.client.resolver import AddressInfo, Resolver


class Loop(uvloop.Loop):
    """uvloop, which looks names up in four threads that all share and that its end waits for."""

    def __init__(self) -> None:
        super().__init__()
        self._resolver = Resolver()

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> list[AddressInfo]:  # type: ignore[override]
        return await self._resolver.lookup(host, port, **hints)
