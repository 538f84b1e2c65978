"""Work of the background: each task takes ids or nothing, and may run twice. Every module here is loaded; ``BEAT`` is all of theirs."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

BEAT: dict[str, dict[str, Any]] = {}
for _module in iter_modules(__path__):
    BEAT.update(getattr(import_module(f"{__name__}.{_module.name}"), "BEAT", {}))
