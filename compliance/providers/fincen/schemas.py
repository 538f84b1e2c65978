"""Where the official schemas are: in the folder ``FLOWLET_BSA_SCHEMAS``, under FinCEN's own names. No package on PyPI carries them."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from flowlet.core import xml

SAR: Final = "EFL_SARXBatchSchema"
CTR: Final = "EFL_CTRXBatchSchema"


def schema(name: str) -> xml.Schema | None:
    """The schema ``EFL_SARXBatchSchema`` or ``EFL_CTRXBatchSchema``, or None where there is none."""
    return _schema(name, str(settings.BSA_SCHEMAS))


def validate(content: bytes, *, name: str) -> xml.Validation:
    """Check a batch file. A ``schema`` that is empty says that nothing was checked. Raises as ``flowlet.core.xml.read`` does."""
    found = schema(name)
    return xml.Validation(found.name, found.breaches(xml.read(content))) if found else xml.Validation("")


@lru_cache(maxsize=8)
def _schema(name: str, folder: str) -> xml.Schema | None:
    path = Path(folder) / f"{name}.xsd"
    return xml.Schema(name, path) if folder and path.is_file() else None
