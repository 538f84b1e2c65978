"""The customers' banks that live partners may connect: a JSON file of names and what each needs."""

import json
import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from flowlet.settings import environment as env

NAME = "FLOWLET_OPEN_BANKS_FILE"  # named in refusals
_BANK = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def open_banks() -> dict[str, dict[str, Any]]:
    """The banks by name; none where the variable is empty. Raises ImproperlyConfigured."""
    path = env.text("FLOWLET_OPEN_BANKS_FILE", "")
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{NAME}: {path} cannot be read as JSON ({type(error).__name__}).") from None
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise ImproperlyConfigured(f"{NAME}: the file is an object of objects, one per bank.")
    wrong = [name for name in found if not _BANK.fullmatch(name) or name == "sandbox"]
    if wrong:
        raise ImproperlyConfigured(f"{NAME}: {wrong[0]!r} is no name; use 1 to 40 of a-z 0-9 _ -, and not sandbox.")
    return found
