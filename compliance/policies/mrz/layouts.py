"""Where each field stands: Doc 9303 part 4 (TD3), 5 (TD1), 6 (TD2), 7 (MRV-A, MRV-B). Lines and positions are counted from 1, as there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Format(StrEnum):
    """Formats of documents."""

    TD1 = "TD1"
    TD2 = "TD2"
    TD3 = "TD3"
    MRV_A = "MRV-A"
    MRV_B = "MRV-B"


@dataclass(frozen=True)
class Span:
    """Positions ``start`` to ``end`` of a line, both included."""

    line: int
    start: int
    end: int

    def of(self, lines: tuple[str, ...]) -> str:
        """The text that stands there."""
        return lines[self.line - 1][self.start - 1 : self.end]

    @property
    def width(self) -> int:
        """How many positions these are."""
        return self.end - self.start + 1


@dataclass(frozen=True)
class Layout:
    """One format. ``composite`` are the spans that the last check digit covers, empty where there is none."""

    format: Format
    lines: int
    width: int
    types: str  # first letters of the document code
    type: Span
    issuer: Span
    name: Span
    number: Span
    number_check: Span
    nationality: Span
    birth: Span
    birth_check: Span
    sex: Span
    expiry: Span
    expiry_check: Span
    optional: Span
    optional_check: Span | None = None
    second_optional: Span | None = None
    composite_check: Span | None = None
    composite: tuple[Span, ...] = ()
    takes_long_numbers: bool = False  # a number that goes on in the optional data (Doc 9303-5, 4.2.4; 9303-6, 4.2.2.2, note j)


def _two_lines(layout: Format, width: int, types: str, optional_end: int, **more: object) -> Layout:
    return Layout(
        format=layout,
        lines=2,
        width=width,
        types=types,
        type=Span(1, 1, 2),
        issuer=Span(1, 3, 5),
        name=Span(1, 6, width),
        number=Span(2, 1, 9),
        number_check=Span(2, 10, 10),
        nationality=Span(2, 11, 13),
        birth=Span(2, 14, 19),
        birth_check=Span(2, 20, 20),
        sex=Span(2, 21, 21),
        expiry=Span(2, 22, 27),
        expiry_check=Span(2, 28, 28),
        optional=Span(2, 29, optional_end),
        **more,  # type: ignore[arg-type]
    )


TD1: Final = Layout(
    format=Format.TD1,
    lines=3,
    width=30,
    types="ACI",
    type=Span(1, 1, 2),
    issuer=Span(1, 3, 5),
    number=Span(1, 6, 14),
    number_check=Span(1, 15, 15),
    optional=Span(1, 16, 30),
    birth=Span(2, 1, 6),
    birth_check=Span(2, 7, 7),
    sex=Span(2, 8, 8),
    expiry=Span(2, 9, 14),
    expiry_check=Span(2, 15, 15),
    nationality=Span(2, 16, 18),
    second_optional=Span(2, 19, 29),
    composite_check=Span(2, 30, 30),
    composite=(Span(1, 6, 30), Span(2, 1, 7), Span(2, 9, 15), Span(2, 19, 29)),
    name=Span(3, 1, 30),
    takes_long_numbers=True,
)
TD2: Final = _two_lines(
    Format.TD2,
    36,
    "ACI",
    35,
    composite_check=Span(2, 36, 36),
    composite=(Span(2, 1, 10), Span(2, 14, 20), Span(2, 22, 35)),
    takes_long_numbers=True,
)
TD3: Final = _two_lines(
    Format.TD3,
    44,
    "P",
    42,
    optional_check=Span(2, 43, 43),
    composite_check=Span(2, 44, 44),
    composite=(Span(2, 1, 10), Span(2, 14, 20), Span(2, 22, 43)),
)
MRV_A: Final = _two_lines(Format.MRV_A, 44, "V", 44)
MRV_B: Final = _two_lines(Format.MRV_B, 36, "V", 36)

LAYOUTS: Final = {layout.format: layout for layout in (TD1, TD2, TD3, MRV_A, MRV_B)}


def layout_for(lines: tuple[str, ...]) -> Layout | None:
    """The layout with this many lines of this length; visas are told from others by their V."""
    is_visa = bool(lines) and lines[0].startswith("V")
    for layout in LAYOUTS.values():
        if len(lines) == layout.lines and all(len(line) == layout.width for line in lines) and is_visa == (layout.types == "V"):
            return layout
    return None
