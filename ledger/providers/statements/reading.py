"""From a file's bytes to statements: by the format named, or by what the file looks like."""

from collections.abc import Iterator
from typing import Final

from ledger.errors import UnreadableStatement
from ledger.providers.statements import camt, mt940, table
from ledger.providers.statements.records import Statement
from ledger.providers.statements.table import Mapping

CAMT, MT940, CSV = "CAMT", "MT940", "CSV"
FORMATS: Final = (CAMT, MT940, CSV)


def read(content: bytes, *, format: str = "", mapping: Mapping | None = None) -> Iterator[Statement]:
    """The statements of a file, in its order. Without ``format`` it is recognised; CSV needs its ``mapping``.

    Raises UnreadableStatement (with line and field where they are known), and what ``flowlet.core.xml`` refuses.
    """
    format = format or recognised(content)
    if format == CAMT:
        return camt.read(content)
    if format == MT940:
        return mt940.read(content)
    if format == CSV:
        if mapping is None:
            raise UnreadableStatement("A CSV file needs a mapping that says what its columns are.", param="mapping")
        return table.read(content, mapping=mapping)
    raise UnreadableStatement(f"{format!r} is none of {', '.join(FORMATS)}.", param="format")


def recognised(content: bytes) -> str:
    """Which format the file is in, by its first bytes. Raises UnreadableStatement when there is nothing in it."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise UnreadableStatement("The file is empty.", param="file")
    if start.startswith(b"<"):
        return CAMT
    if start.startswith((b":20:", b"{1:")) or b"\n:20:" in start:
        return MT940
    return CSV
