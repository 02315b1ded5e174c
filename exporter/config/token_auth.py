"""The configuration block `auth`: where a token comes from."""

import os
from typing import Self

from pydantic import model_validator

from exporter.client.auth import Secret
from exporter.config.base import ConfigModel


class TokenAuth(ConfigModel):
    """A token from a file, which is read again when it changes, or from the environment."""

    token_file: str | None = None
    """Path of a file that holds the token."""
    token_env: str | None = None
    """Name of an environment variable that holds the token."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.token_file is None) == (self.token_env is None):
            raise ValueError("needs exactly one of token_file and token_env")
        return self

    @property
    def place(self) -> str:
        """Where the credential is, in words."""
        return self.token_file or f"the variable {self.token_env}"

    def secret(self) -> Secret:
        """The secret; nothing is read until it is used."""
        if self.token_file is not None:
            return Secret.from_file(self.token_file)
        return Secret.from_env(str(self.token_env), os.environ)
