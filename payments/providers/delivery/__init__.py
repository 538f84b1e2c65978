"""How files reach a bank: ``folder`` and ``sftp``, behind one port. Nothing is sent twice: a name is taken once, with one content."""

from typing import Protocol

from payments.errors import FileDiffers

__all__ = ["Delivery", "FileDiffers"]


class Delivery(Protocol):
    """A place where a bank fetches its files."""

    def put(self, *, name: str, content: bytes) -> str:
        """Put the file there whole or not at all, and answer where it is. The same file there already is fine.

        Raises FileDiffers when another file has the name, and DeliveryFailed when the place cannot be reached.
        """
        ...
