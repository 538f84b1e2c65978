"""Secrets of an embedded installation: generated once, kept in one file of mode 0600."""

import base64
import fcntl
import json
import os
import secrets
from pathlib import Path


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


# Environment variables of the platform and how a fresh value of each is made.
VARIABLES = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "FLOWLET_ENCRYPTION_KEYS": lambda: f"k1:{_key()}",
    "FLOWLET_BLIND_INDEX_KEY": _key,
    "FLOWLET_API_KEY_PEPPER": _key,
    "FLOWLET_METRICS_TOKEN": lambda: secrets.token_urlsafe(32),
}


class VaultFile:
    """Named secrets in a file; a name that is asked for the first time gets a fresh value, which is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, name: str) -> str:
        values = self._read()
        if name not in values:
            values = self._add(name)
        return values[name]

    def environment(self) -> dict[str, str]:
        """The secret variables of the platform."""
        return {name: self[name] for name in VARIABLES}

    def _read(self) -> dict[str, str]:
        try:
            return dict(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return {}

    def _add(self, name: str) -> dict[str, str]:
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            values = self._read()
            values.setdefault(name, VARIABLES.get(name, lambda: secrets.token_urlsafe(24))())
            draft = self.path.with_suffix(".new")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(values, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.path)
            return values
        finally:
            os.close(lock)
