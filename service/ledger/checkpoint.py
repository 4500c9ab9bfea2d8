"""Where the chain stood at an instant, signed: what a cut-off or rewritten chain cannot agree with.

A checkpoint is one line of text, a JWS (RFC 7515) with Ed25519 (RFC 9864) over canonical JSON, so that any JOSE library can
check it. It is worth what its distance from the database is worth: keep it, and the public key, on another machine.
"""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import rfc8785
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from service.command_errors import CheckpointError
from service.ledger.verify import Mark

KEY_FILE = "signing-key.json"
ALGORITHM: Final = "Ed25519"


def make_signing_key(folder: Path) -> None:
    """Make the key of this installation, where it has none: at the first start of the service.

    Args:
        folder: The data folder; the key lies there as a JWK with mode 0600, and never in the database it vouches for.
    """
    path = folder / KEY_FILE
    if path.exists():
        return
    made = json.dumps(OKPKey.generate_key(ALGORITHM).as_dict(private=True))
    with NamedTemporaryFile("w", dir=folder, prefix=KEY_FILE) as draft:  # made with mode 0600
        draft.write(made + "\n")
        draft.flush()
        with suppress(FileExistsError):  # of two first starts at once one key is kept
            path.hardlink_to(draft.name)


def signing_key(folder: Path) -> OKPKey:
    """Return the private key of this installation; one made in passing, in the wrong folder, would vouch for nothing.

    Raises:
        CheckpointError: If the folder holds none.
    """
    path = folder / KEY_FILE
    if not path.exists():
        raise CheckpointError(
            f"signing key {path.resolve()}",
            "is not there",
            remedy="Set TITRATE_DATA_FOLDER to the folder of the service, which makes the key at its first start.",
        )
    return _key(path)


def public_key(key: OKPKey) -> str:
    """Return the public half as a JWK on one line."""
    return json.dumps(key.as_dict(private=False))


def read_public_key(path: Path) -> OKPKey:
    """Return an exported public key; raises CheckpointError where the file holds none."""
    return _key(path)


def sign(mark: Mark, at: datetime, key: OKPKey) -> str:
    """Return a checkpoint.

    Args:
        mark: Where the chain stands.
        at: The instant.
        key: The private key.

    Returns:
        One line of text.
    """
    content: dict[str, str | int] = {
        "digest": mark.digest,
        "made_at": at.isoformat(),
        "position": mark.position,
    }
    header = {"alg": ALGORITHM, "kid": key.thumbprint(), "typ": "titrate-checkpoint"}
    return jws.serialize_compact(header, rfc8785.dumps(content), key, algorithms=[ALGORITHM])


def read(checkpoint: str, key: OKPKey) -> Mark:
    """Return where the chain stood.

    Args:
        checkpoint: What :func:`sign` gave.
        key: The public key, or the private one.

    Returns:
        The mark.

    Raises:
        CheckpointError: If it is no checkpoint, or another key signed it.
    """
    try:
        content = json.loads(jws.deserialize_compact(checkpoint.strip(), key, algorithms=[ALGORITHM]).payload)
        return Mark(position=content["position"], digest=content["digest"])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            "checkpoint",
            "is none, or was signed with another key",
            remedy="Name the public key of the installation that made it with --public-key.",
        ) from error


def _key(path: Path) -> OKPKey:
    try:
        return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            "key", "is no Ed25519 key", remedy="Export it anew with 'ledger public-key'."
        ) from error
