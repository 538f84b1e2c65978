"""From lines to a document, and everything that is wrong with them."""

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from compliance.policies.mrz import states, suggesting
from compliance.policies.mrz.check_digits import FILLER, check_digit
from compliance.policies.mrz.documents import Document, PartialDate, Sex
from compliance.policies.mrz.layouts import LAYOUTS, Format, Layout, Span, layout_for
from compliance.policies.mrz.problems import Kind, Problem, UnreadableZone

_ALLOWED = re.compile(r"[A-Z0-9<]", re.ASCII)
_ONE_LINE: Final = {90: 30, 72: 36, 88: 44}  # a zone whose lines were run together
_YEARS_AHEAD: Final = 50


@dataclass(frozen=True)
class Reading:
    """What was read.

    ``document`` is there only when there are no ``problems``; ``fields`` are the raw texts, for a panel beside the image.
    """

    format: Format | None
    problems: tuple[Problem, ...]
    document: Document | None = None
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether everything agrees."""
        return not self.problems


def parse(text: str, *, on: date) -> Document:
    """The document of a zone without a problem. ``on`` is the day from which centuries are judged. Raises UnreadableZone."""
    found = read(text, on=on)
    if found.document is None:
        raise UnreadableZone(found.problems)
    return found.document


def read(text: str, *, on: date) -> Reading:
    """A zone with line ends, or its lines run together; spaces are taken out, small letters are not accepted.

    A year of birth is the latest that does not lie after ``on``; who is older than a hundred years looks a hundred years younger. A year of
    expiry is the one from 49 years before to 50 years after ``on``.
    """
    lines = _lines(text)
    layout = layout_for(lines)
    if layout is None:
        return Reading(None, (_shape(lines),))
    zone = _Zone(lines, layout, on)
    document = zone.read()
    return Reading(layout.format, tuple(zone.problems), None if zone.problems else document, zone.fields())


def _lines(text: str) -> tuple[str, ...]:
    lines = tuple(found for line in text.splitlines() if (found := "".join(line.split())))
    if len(lines) == 1 and (width := _ONE_LINE.get(len(lines[0]))):
        return tuple(lines[0][start : start + width] for start in range(0, len(lines[0]), width))
    return lines


def _shape(lines: tuple[str, ...]) -> Problem:
    known = ", ".join(f"{layout.lines} of {layout.width}" for layout in LAYOUTS.values() if layout.types != "V")
    for layout in LAYOUTS.values():
        for number, line in enumerate(lines, start=1):
            if len(lines) == layout.lines and abs(len(line) - layout.width) <= 3 and len(line) != layout.width:
                message = f"the line has {len(line)} characters; of {layout.format} it has {layout.width}."
                return Problem(Kind.SHAPE, number, min(len(line), layout.width) + 1, "line", message)
    widths = ", ".join(str(len(line)) for line in lines) or "none"
    return Problem(Kind.SHAPE, 1, 1, "line", f"lines and their characters are {known}; these are {len(lines)} ({widths}).")


class _Zone:
    """One zone while it is read."""

    def __init__(self, lines: tuple[str, ...], layout: Layout, on: date) -> None:
        self.lines, self.layout, self.on = lines, layout, on
        self.problems: list[Problem] = []

    def read(self) -> Document | None:
        layout = self.layout
        if self._characters():
            return None
        number, optional = self._number()
        born = self._date("birth_date", layout.birth, layout.birth_check, ahead=0)
        expires = self._date("expiry_date", layout.expiry, layout.expiry_check, ahead=_YEARS_AHEAD)
        if layout.optional_check:
            self._personal_number(layout.optional, layout.optional_check)
        self._composite()
        surname, given_names, is_cut = self._name()
        return Document(
            format=layout.format,
            type=self._type(),
            issuer=self._state("issuer", layout.issuer),
            number=number,
            surname=surname,
            given_names=given_names,
            nationality=self._state("nationality", layout.nationality),
            born=born,
            sex=self._sex(),
            expires=expires,
            optional=optional,
            second_optional=self._text(layout.second_optional).rstrip(FILLER) if layout.second_optional else "",
            is_name_cut=is_cut,
        )

    def fields(self) -> dict[str, str]:
        layout = self.layout
        named = ("type", "issuer", "name", "number", "nationality", "birth", "sex", "expiry", "optional", "second_optional")
        return {name: self._text(span) for name in named if (span := getattr(layout, name)) is not None}

    def _text(self, span: Span) -> str:
        return span.of(self.lines)

    def _problem(self, kind: Kind, span: Span, name: str, message: str, suggestions: tuple = ()) -> None:  # type: ignore[type-arg]
        self.problems.append(Problem(kind, span.line, span.start, name, message, suggestions))

    def _characters(self) -> bool:
        for number, line in enumerate(self.lines, start=1):
            for position, character in enumerate(line, start=1):
                if not _ALLOWED.match(character):
                    message = "a zone has capitals A to Z, digits and the filler <."
                    self.problems.append(Problem(Kind.CHARACTER, number, position, self._name_of(number, position), message))
        return bool(self.problems)

    def _name_of(self, line: int, position: int) -> str:
        for name in ("type", "issuer", "name", "number", "nationality", "birth", "sex", "expiry", "optional", "second_optional"):
            span: Span | None = getattr(self.layout, name)
            if span and span.line == line and span.start <= position <= span.end:
                return name
        return "check_digit"

    def _type(self) -> str:
        text = self._text(self.layout.type)
        if text[0] not in self.layout.types or text[1].isdigit():
            letters = " or ".join(self.layout.types)
            self._problem(Kind.TYPE, self.layout.type, "type", f"a document of {self.layout.format} begins with {letters}.")
        return text.rstrip(FILLER)

    def _state(self, name: str, span: Span) -> str:
        text = self._text(span)
        code = text.rstrip(FILLER)
        if not states.is_known(code):
            suggestions = tuple(
                changes
                for changes in suggesting.as_letters(self.lines, span)
                if states.is_known(span.of(suggesting.replaced(self.lines, changes)).rstrip(FILLER))
            )
            self._problem(Kind.STATE, span, name, f"{text} is no code of a state, a nationality or an organisation.", suggestions)
        return code

    def _sex(self) -> Sex:
        text = self._text(self.layout.sex)
        if text not in set(Sex):
            self._problem(Kind.SEX, self.layout.sex, "sex", "the zone has M, F or the filler.")
            return Sex.UNSPECIFIED
        return Sex(text)

    def _name(self) -> tuple[str, str, bool]:
        span = self.layout.name
        text = self._text(span)
        if any(character.isdigit() for character in text):
            self._problem(Kind.NAME, span, "name", "a name has no digits.", suggesting.as_letters(self.lines, span))
        stripped = text.rstrip(FILLER)
        if not stripped or text.startswith(FILLER):
            self._problem(Kind.NAME, span, "name", "the field begins with the first letter of the name.")
        if "<<<" in stripped or stripped.count("<<") > 1:
            self._problem(
                Kind.NAME, span, "name", "between surname and given names stand two fillers, once; between their parts one."
            )
        surname, _, given_names = stripped.partition("<<")
        return surname.replace(FILLER, " "), given_names.replace(FILLER, " "), len(stripped) == span.width

    def _number(self) -> tuple[str, str]:
        """Number and optional data.

        A number of more than nine characters has a filler for a check digit and goes on in the optional data.
        """
        layout = self.layout
        nine, check, optional = self._text(layout.number), self._text(layout.number_check), self._text(layout.optional)
        tail = optional.split(FILLER, 1)[0]
        if layout.takes_long_numbers and check == FILLER and tail:
            number, digit, rest = nine + tail[:-1], tail[-1], optional[len(tail) + 1 :]
            if FILLER in nine or len(tail) < 2 or len(tail) == len(optional):
                message = "a number of more than nine characters goes on in the optional data, and ends with its check digit and a filler."
                self._problem(Kind.NUMBER, layout.number, "number", message)
            else:
                spot = Span(layout.optional.line, layout.optional.start + len(tail) - 1, layout.optional.start + len(tail) - 1)
                tail_span = Span(layout.optional.line, layout.optional.start, spot.start - 1)
                self._check("number", number, digit, spot, (layout.number, tail_span))
            return number, rest.rstrip(FILLER)
        number = nine.rstrip(FILLER)
        if not number or number.startswith(FILLER):
            self._problem(Kind.NUMBER, layout.number, "number", "the field begins with the first character of the number.")
        self._check("number", nine, check, layout.number_check, (layout.number,))
        return number, optional.rstrip(FILLER)

    def _personal_number(self, span: Span, check: Span) -> None:
        """The personal number of TD3, whose check digit may be a filler where there is no number."""
        text, digit = self._text(span), self._text(check)
        if digit == FILLER and not text.strip(FILLER):
            return
        self._check("optional", text, digit, check, (span,))

    def _check(self, name: str, text: str, digit: str, spot: Span, spans: tuple[Span, ...]) -> None:
        if digit == check_digit(text):
            return
        suggestions = suggesting.as_digits(self.lines, spot) or suggesting.that_fit(
            self.lines,
            spans,
            lambda lines: check_digit("".join(span.of(lines) for span in spans)) == digit,
        )
        message = "the check digit does not agree." if digit.isdigit() else "the check digit is no digit."
        self._problem(Kind.CHECK_DIGIT, spot, name, message, suggestions)

    def _composite(self) -> None:
        layout = self.layout
        if layout.composite_check is None:
            return
        spot = layout.composite_check
        digit = self._text(spot)
        if digit != check_digit("".join(self._text(span) for span in layout.composite)):
            optional = tuple(span for span in (layout.optional, layout.second_optional) if span)
            suggestions = suggesting.as_digits(self.lines, spot)
            if not suggestions and not self.problems:
                suggestions = suggesting.that_fit(self.lines, optional, self._composite_fits)
            self._problem(Kind.COMPOSITE, spot, "composite", "the check digit over the whole zone does not agree.", suggestions)

    def _composite_fits(self, lines: tuple[str, ...]) -> bool:
        spot = self.layout.composite_check
        return bool(spot) and spot.of(lines) == check_digit("".join(span.of(lines) for span in self.layout.composite))

    def _date(self, name: str, span: Span, check: Span, *, ahead: int) -> PartialDate:
        text = self._text(span)
        if any(character.isalpha() for character in text):
            suggestions = tuple(
                changes
                for changes in suggesting.as_digits(self.lines, span)
                if check_digit(span.of(suggesting.replaced(self.lines, changes))) == self._text(check)
            )
            self._problem(Kind.DATE, span, name, "a date has digits, and fillers for what is unknown.", suggestions)
            return PartialDate()
        self._check(name, text, self._text(check), check, (span,))
        parts: list[int | None] = []
        for pair in (text[:2], text[2:4], text[4:]):
            if FILLER in pair and pair != FILLER * 2:
                self._problem(Kind.DATE, span, name, "an unknown part of a date is two fillers.")
                return PartialDate()
            parts.append(None if pair == FILLER * 2 else int(pair))
        year, month, day = parts
        if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
            self._problem(Kind.DATE, span, name, "there is no such day in the calendar.")
            return PartialDate()
        found = PartialDate(None if year is None else self._century(year, month, day, ahead), month, day)
        if month and day and day > calendar.monthrange(found.year or 2000, month)[1]:
            self._problem(Kind.DATE, span, name, "there is no such day in the calendar.")
            return PartialDate()
        return found

    def _century(self, year: int, month: int | None, day: int | None, ahead: int) -> int:
        if ahead:
            return next(found for found in range(self.on.year - 49, self.on.year + ahead + 1) if found % 100 == year)
        found = self.on.year - (self.on.year - year) % 100
        if (found, month or 1, day or 1) > (self.on.year, self.on.month, self.on.day):
            found -= 100
        return found
