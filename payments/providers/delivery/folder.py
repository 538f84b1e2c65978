"""Delivery into a folder that the bank's own software watches."""

import glob
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from payments.errors import DeliveryFailed, FileDiffers


class Folder:
    """``put`` writes beside, syncs, and links the file under its name, which fails when the name is taken."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, *, name: str, content: bytes) -> str:
        """See ``Delivery``."""
        target = self.path / name
        part = self.path / f".{name}.{os.getpid()}.part"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            try:
                os.link(part, target)
            except FileExistsError:
                if hashlib.sha256(target.read_bytes()).digest() != hashlib.sha256(content).digest():
                    raise FileDiffers(f"Another file is called {name} already.") from None
            folder = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise DeliveryFailed(f"The folder cannot be written: {error.strerror}.") from error
        finally:
            for left in [part, *self.path.glob(f".{glob.escape(name)}.*.part")]:  # those of writers that were killed too
                with suppress(FileNotFoundError):
                    left.unlink()
        return f"folder:{name}"
