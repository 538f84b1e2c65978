"""What an ACH file says, as values: a File of Batches of Entries with their Addenda.

The same values are written and read; a file of ours that is read back equals the one that was written. Texts carry no trailing
blanks; amounts are Money in USD; a trace number is the fifteen digits that the caller gives (eight of the originating institution,
seven of a running number) and never repeats inside a file. Two-digit years are of this century.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal

from flowlet.core.money import Money
from payments.providers.nacha.codes import CREDITS_ONLY, DEBITS_ONLY, MIXED, TRANSACTION_CODES, Purpose, Side
from payments.providers.nacha.problems import FieldRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """Addenda 05: up to 80 characters of what is paid for. Its sequence numbers follow from its place."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Addenda 99: an entry comes back. ``reason`` is a key of RETURN_CODES; ``forward_cents`` only of international entries."""

    reason: str
    original_trace: str
    original_rdfi: str
    trace: str
    date_of_death: str = ""
    information: str = ""
    forward_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DishonoredReturn:
    """Addenda 99 with R61, R62, R67 to R70: the originating institution refuses a return. Days of settlement are days of the year."""

    reason: str
    original_trace: str
    original_rdfi: str
    return_trace: str
    return_settlement_date: str
    return_reason: str
    trace: str
    information: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestedReturn:
    """Addenda 99 with R71 to R77: the receiving institution insists on its return."""

    reason: str
    original_trace: str
    original_rdfi: str
    return_trace: str
    return_settlement_date: str
    return_reason: str
    dishonored_trace: str
    dishonored_settlement_date: str
    dishonored_reason: str
    trace: str
    original_entry_returned_on: str = ""
    original_settlement_date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Addenda 98: a notification of change. ``corrected_data`` is decoded by nacha.correction."""

    code: str
    original_trace: str
    original_rdfi: str
    corrected_data: str
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedChange:
    """Addenda 98 with C61 to C69: a notification of change that its receiver refuses; ``change_code`` is the one it refuses."""

    code: str
    original_trace: str
    original_rdfi: str
    corrected_data: str
    change_code: str
    change_sequence: str
    trace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAddenda:
    """An addenda that we read and do not write: 02 of terminals, 10 to 18 of international entries. ``values`` as in the layout."""

    kind: str
    values: tuple[tuple[str, str], ...]


Addenda = Remittance | Return | DishonoredReturn | ContestedReturn | Change | RefusedChange | OtherAddenda


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. ``routing`` has nine digits; ``details`` are the columns that only some SEC codes have, as in their layout."""

    code: str
    routing: str
    account: str
    amount: Money
    trace: str
    name: str = ""
    identification: str = ""
    discretionary: str = ""
    addenda: tuple[Addenda, ...] = ()
    details: tuple[tuple[str, str], ...] = ()

    @property
    def side(self) -> Side | None:
        """Credit or debit; None for a code that does not exist."""
        found = TRANSACTION_CODES.get(self.code)
        return found.side if found else None

    @property
    def returned(self) -> Return | DishonoredReturn | ContestedReturn | None:
        """The last addenda 99, which says what this entry is; None for a forward entry."""
        for one in reversed(self.addenda):
            if isinstance(one, Return | DishonoredReturn | ContestedReturn):
                return one
        return None

    @property
    def change(self) -> Change | RefusedChange | None:
        """The notification of change that this entry carries, if it does."""
        return next((one for one in self.addenda if isinstance(one, Change | RefusedChange)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries of one originator for one day.

    ``service_class`` follows from the entries unless given; ``number`` 0 becomes the place in the file. ``purpose`` is not in the
    file, so it does not count when batches are compared: it makes writing hold to the description that the rules demand for it.
    """

    sec: str
    company_name: str
    company_id: str
    odfi: str
    description: str
    effective_on: date | None
    entries: tuple[Entry, ...]
    number: int = 0
    purpose: Purpose = field(default=Purpose.OTHER, compare=False)
    descriptive_date: str = ""
    discretionary: str = ""
    service_class: str = ""
    settlement_date: str = ""
    originator_status: str = "1"
    details: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "entries", tuple(self.entries))
        if not self.service_class:
            object.__setattr__(self, "service_class", service_class(self.entries))

    def total(self, side: Side) -> Money:
        """The sum of the entries of one direction."""
        return dollars(sum(cents(one.amount) for one in self.entries if one.side is side))


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file from ``origin`` to ``destination``.

    ``destination`` is a routing number; ``origin`` is one or the ten characters that the bank gave. ``created_on`` and
    ``created_time`` are the writer's local day and minute; ``modifier`` tells the files of one day apart.
    """

    destination: str
    origin: str
    created_on: date | None
    batches: tuple[Batch, ...]
    created_time: time | None = None
    modifier: str = "A"
    destination_name: str = ""
    origin_name: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        numbered = (one if one.number else replace(one, number=place) for place, one in enumerate(self.batches, start=1))
        object.__setattr__(self, "batches", tuple(numbered))

    def entries(self) -> Iterator[tuple[Batch, Entry]]:
        """Every entry with its batch, in the order of the file."""
        return ((batch, entry) for batch in self.batches for entry in batch.entries)


def service_class(entries: tuple[Entry, ...]) -> str:
    """200 for both directions, 220 for credits only, 225 for debits only."""
    sides = {one.side for one in entries}
    if sides == {Side.CREDIT}:
        return CREDITS_ONLY
    return DEBITS_ONLY if sides == {Side.DEBIT} else MIXED


def trace_number(*, odfi: str, number: int) -> str:
    """The fifteen digits of a trace number. Raises FieldRefused unless ``number`` has one to seven digits and is above zero."""
    if not 0 < number < 10**7:
        raise FieldRefused("the running number has one to seven digits.", record="a trace number", field="trace")
    return f"{odfi}{number:07d}"


def dollars(amount_in_cents: int) -> Money:
    """Cents of the file as Money."""
    return Money(Decimal(amount_in_cents).scaleb(-2), "USD")


def cents(amount: Money) -> int:
    """Money as the file counts it. Raises ValueError for another currency, a negative amount or a part of a cent."""
    scaled = amount.amount * 100
    whole = int(scaled)
    if amount.currency.code != "USD" or whole < 0 or whole != scaled:
        raise ValueError("an amount of a file is in whole US cents and not negative")
    return whole
