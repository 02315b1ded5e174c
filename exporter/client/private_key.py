"""A private key from a secret: it signs requests for tokens and is never sent."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exporter.client.auth import Secret
from exporter.client.errors import SecretError

_SMALLEST_KEY = 2048


def rsa_key(secret: Secret) -> RSAPrivateKey:
    """The RSA key of a PEM file; `SecretError` for anything else."""
    pem = secret.read()
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    # Raised outside of `except`: a traceback would show parts of the key.
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise SecretError(
            f"secret {secret.source} is not an RSA private key in PEM form without a password",
            "generate one on the App's settings page and save the file as it is",
        )
    return key
