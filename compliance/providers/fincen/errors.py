"""Refusals of reports and of what FinCEN answers."""

from compliance.providers.fincen.rules import Gap
from flowlet.core.errors import Invalid
from flowlet.core.xml import Breach

SHOWN = 50


class Incomplete(Invalid):
    """Reports of a batch would be rejected. ``gaps`` has, for each of them by its place in the batch, what is missing or wrong."""

    code, status, title = "fincen.incomplete", 422, "A report is not complete"

    def __init__(self, gaps: dict[int, tuple[Gap, ...]]) -> None:
        self.gaps = gaps
        number, found = next(iter(gaps.items()))
        more = sum(map(len, gaps.values())) - 1
        shown = [{"report": index, **gap.as_dict()} for index, each in gaps.items() for gap in each][:SHOWN]
        tail = f" And {more} more." if more else ""
        super().__init__(f"Report {number + 1}, item {found[0].item or '-'}: {found[0].message}{tail}", gaps=shown)


class BreaksSchema(Invalid):
    """The file breaks FinCEN's schema although no rule above found anything: a fault of the writer. ``breaches`` says where."""

    code, status, title = "fincen.breaks_schema", 422, "The file breaks the official schema"

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        self.breaches = breaches
        first = breaches[0]
        super().__init__(
            f"{first.path}: {first.message}", breaches=[{"line": one.line, "path": one.path} for one in breaches[:SHOWN]]
        )


class NothingToFile(Invalid):
    """A batch has no report."""

    code, title = "fincen.nothing_to_file", "There is no report to file"


class NotAnAcknowledgement(Invalid):
    """The document is not an acknowledgement of a batch file."""

    code, title = "fincen.not_an_acknowledgement", "The document is not an acknowledgement of FinCEN"


class OtherBatch(Invalid):
    """An acknowledgement answers for another number of reports than the batch has, or for those of another. Nothing of it is used."""

    code, title = "fincen.other_batch", "The acknowledgement belongs to another batch"
