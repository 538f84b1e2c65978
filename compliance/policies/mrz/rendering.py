"""From a document to the lines of its zone."""

import re

from compliance.policies.mrz.check_digits import FILLER, check_digit
from compliance.policies.mrz.documents import Document, PartialDate
from compliance.policies.mrz.layouts import LAYOUTS, Layout, Span
from flowlet.core.errors import Invalid

_NAME = re.compile(r"[A-Z]+( [A-Z]+)*", re.ASCII)
_TEXT = re.compile(r"[A-Z0-9<]*", re.ASCII)
_NUMBER = re.compile(r"[A-Z0-9]([A-Z0-9<]*[A-Z0-9])?", re.ASCII)


class NotRenderable(Invalid):
    """The document has a value that its zone cannot hold."""

    code, title = "mrz.not_renderable", "The document does not fit into its zone"


def render(document: Document) -> str:
    """The zone, with line ends between its lines. Names that are too long are cut as Doc 9303 has it. Raises NotRenderable."""
    layout = LAYOUTS[document.format]
    lines = [[FILLER] * layout.width for _ in range(layout.lines)]

    def put(span: Span, text: str, name: str) -> None:
        if len(text) > span.width or not _TEXT.fullmatch(text):
            raise NotRenderable(f"{name} does not fit into {span.width} positions of A to Z, 0 to 9 and <.", param=name)
        lines[span.line - 1][span.start - 1 : span.end] = text.ljust(span.width, FILLER)

    put(layout.type, document.type, "type")
    put(layout.issuer, document.issuer, "issuer")
    put(layout.nationality, document.nationality, "nationality")
    put(layout.name, name_field(document.surname, document.given_names, layout.name.width), "surname")
    put(layout.sex, document.sex, "sex")
    for day, span, check, name in (
        (document.born, layout.birth, layout.birth_check, "born"),
        (document.expires, layout.expiry, layout.expiry_check, "expires"),
    ):
        put(span, _date(day), name)
        put(check, check_digit(_date(day)), name)
    number, number_check, optional = _number(document, layout)
    put(layout.number, number, "number")
    put(layout.number_check, number_check, "number")
    put(layout.optional, optional, "optional")
    if layout.optional_check:
        put(layout.optional_check, check_digit(optional) if optional else FILLER, "optional")
    if layout.second_optional:
        put(layout.second_optional, document.second_optional, "second_optional")
    elif document.second_optional:
        raise NotRenderable("Only TD1 has a second field of optional data.", param="second_optional")
    if layout.composite_check:
        whole = tuple("".join(line) for line in lines)
        put(layout.composite_check, check_digit("".join(span.of(whole) for span in layout.composite)), "composite")
    return "\n".join("".join(line) for line in lines)


def name_field(surname: str, given_names: str, width: int) -> str:
    """Surname, two fillers, given names.

    When that is too long, parts lose letters from the last given name on, down to one letter each, then those of the surname, then whole
    parts fall away. The field is then full to its last position, which tells readers that it was cut. Raises NotRenderable.
    """
    if not _NAME.fullmatch(surname) or (given_names and not _NAME.fullmatch(given_names)):
        raise NotRenderable("Names are in capitals A to Z, their parts separated by one space.", param="surname")
    first, last = surname.split(" "), given_names.split(" ") if given_names else []
    while (over := len(_joined(first, last)) - width) > 0:
        parts = next((group for group in (last, first) if any(len(part) > 1 for part in group)), None)
        if parts is None:
            (last or first).pop()
            continue
        index = max(index for index, part in enumerate(parts) if len(part) > 1)
        parts[index] = parts[index][: max(1, len(parts[index]) - over)]
    return _joined(first, last)


def _joined(surname: list[str], given_names: list[str]) -> str:
    return FILLER.join(surname) + (FILLER * 2 + FILLER.join(given_names) if given_names else "")


def _number(document: Document, layout: Layout) -> tuple[str, str, str]:
    """What stands in the fields of number, check digit and optional data."""
    number, optional = document.number, document.optional.rstrip(FILLER)
    if not _NUMBER.fullmatch(number):
        raise NotRenderable("A number has A to Z and 0 to 9, and < between them.", param="number")
    if len(number) <= layout.number.width:
        return number, check_digit(number), optional
    if not layout.takes_long_numbers or FILLER in number:
        raise NotRenderable(f"A number of {document.format} has at most nine characters.", param="number")
    return number[:9], FILLER, f"{number[9:]}{check_digit(number)}{FILLER}{optional}"


def _date(day: PartialDate) -> str:
    parts = (None if day.year is None else day.year % 100, day.month, day.day)
    return "".join(FILLER * 2 if part is None else f"{part:02}" for part in parts)
