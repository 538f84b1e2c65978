"""From values to bytes: the same bytes for the same file, and only a file without a single problem.

A value that does not fit its field is refused with FieldRefused, naming record and field; nothing is cut or replaced (``fit`` does so for
names, when asked). Then the finished lines pass the checks that received files pass, with those of an originator on top; a problem is
FileRefused. A file longer than ten thousand lines is TooManyLines, with the batches that would fit.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from payments.providers.nacha import layouts
from payments.providers.nacha.checks import HASH_MODULUS
from payments.providers.nacha.codes import MIXED, AccountType, Purpose, Side, transaction_code
from payments.providers.nacha.lines import FILL
from payments.providers.nacha.problems import FieldRefused, FileRefused, TooManyLines
from payments.providers.nacha.reading import validate, validate_lines
from payments.providers.nacha.records import (
    Addenda,
    Batch,
    Change,
    DishonoredReturn,
    Entry,
    File,
    OtherAddenda,
    RefusedChange,
    Remittance,
    Return,
    cents,
)

BLOCK = 10
LINE_LIMIT = 10_000
NAME_WIDTH, COMPANY_NAME_WIDTH = 22, 16


def write(*, file: File) -> bytes:
    """The file, each line ended by LF. Raises FieldRefused, FileRefused, TooManyLines; sends nothing."""
    _purposes(file)
    _length(file)
    data = compose(file=file)
    problems = validate(data)
    if problems:
        raise FileRefused(problems)
    return data


def check(*, file: File) -> None:
    """Refuse what ``write`` refuses, by the same rules, but write neither controls nor bytes: they add up what stands in the entries.

    Raises as ``write``.
    """
    _purposes(file)
    _length(file)
    lines = [_file_header(file)]
    for place, batch in enumerate(file.batches, start=1):
        _open_batch(batch, f"batch {place}", lines)
    problems = validate_lines(lines)
    if problems:
        raise FileRefused(problems)


def fit(name: str, width: int = NAME_WIDTH) -> str:
    """A name as the field takes it: accents dropped, other foreign characters left out, cut at ``width``. May come out empty.

    This is the one place where something is cut, and the caller asks for it; a name is not what an entry is paid by.
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    kept = "".join(one for one in plain if one.isascii() and one.isprintable())
    return " ".join(kept.split())[:width].rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """The originator's own account that balances a batch."""

    routing: str
    account: str
    name: str
    account_type: AccountType = AccountType.CHECKING


def with_offset(*, batch: Batch, offset: Offset, traces: Sequence[str]) -> Batch:
    """The batch with an entry for each direction that brings debits and credits to the same sum.

    ``traces`` are as many numbers, above those of the batch: for the credit that balances the debits, then for the debit that
    balances the credits, as far as there are such. Raises FieldRefused for a wrong number of them and for TEL, which has no credits.
    """
    wanted = [side for side in (Side.DEBIT, Side.CREDIT) if batch.total(side).amount > 0]
    if len(traces) != len(wanted):
        raise FieldRefused(f"{len(wanted)} trace numbers are needed.", record="the offset", field="trace")
    if batch.sec == "TEL":
        raise FieldRefused("TEL has no credits; balance it by a CCD batch.", record="the offset", field="sec")
    entries = [
        Entry(
            code=transaction_code(account_type=offset.account_type, side=Side.CREDIT if side is Side.DEBIT else Side.DEBIT),
            routing=offset.routing,
            account=offset.account,
            amount=batch.total(side),
            name=offset.name,
            discretionary="S" if batch.sec == "WEB" else "",
            trace=trace,
        )
        for side, trace in zip(wanted, traces, strict=True)
    ]
    return replace(batch, entries=(*batch.entries, *entries), service_class=MIXED)


def _purposes(file: File) -> None:
    for place, batch in enumerate(file.batches, start=1):
        if batch.purpose is not Purpose.OTHER and batch.description != batch.purpose.value:
            message = f"the description has to be {batch.purpose.value} for this purpose."
            raise FieldRefused(message, record=f"batch {place}", field="description")


def lines_of(batch: Batch) -> int:
    """How many lines the batch takes."""
    return 2 + sum(1 + len(entry.addenda) for entry in batch.entries)


def _length(file: File) -> None:
    total, fitting = 2, 0
    for batch in file.batches:
        total += lines_of(batch)
        fitting += total <= LINE_LIMIT
    if total <= LINE_LIMIT:
        return
    room = LINE_LIMIT - 4
    advice = (
        f"The first {fitting} of {len(file.batches)} batches fit into one file; put the others into further files."
        if fitting
        else f"Divide the first batch: {room:,} lines of entries and addenda fit into one file."
    )
    raise TooManyLines(
        f"The file would have {total:,} lines, at most {LINE_LIMIT:,} are sent. {advice}",
        param="batches",
        lines=total,
        limit=LINE_LIMIT,
        batches_that_fit=fitting,
    )


def compose(*, file: File) -> bytes:
    """The lines of a file without asking whether the rules allow it; ``write`` is the door, this serves returns and tests."""
    lines = [_file_header(file)]
    totals = []
    for place, batch in enumerate(file.batches, start=1):
        found = _batch(batch, f"batch {place}", lines)
        totals.append(found)
    is_advice = any(batch.sec == "ADV" for batch in file.batches)
    lines.append(_file_control(totals, len(lines) + 1, layouts.ADV_FILE_CONTROL if is_advice else layouts.FILE_CONTROL))
    lines += [FILL] * (-len(lines) % BLOCK)
    return ("\n".join(lines) + "\n").encode("ascii")


def _file_header(file: File) -> str:
    if file.created_on is None:
        raise FieldRefused("a day is needed.", record="file header", field="creation_date")
    return layouts.FILE_HEADER.compose(
        {
            "record_type": "1",
            "priority_code": "01",
            "destination": file.destination.rjust(10),
            "origin": file.origin.rjust(10),
            "creation_date": f"{file.created_on:%y%m%d}",
            "creation_time": f"{file.created_time:%H%M}" if file.created_time else "",
            "modifier": file.modifier,
            "record_size": "094",
            "blocking_factor": BLOCK,
            "format_code": "1",
            "destination_name": file.destination_name,
            "origin_name": file.origin_name,
            "reference": file.reference,
        },
        record="file header",
    )


def _batch(batch: Batch, label: str, lines: list[str]) -> dict[str, int]:
    """Append the lines of the batch; the answer is what its control says."""
    header, found = _open_batch(batch, label, lines)
    control: Mapping[str, str | int] = {
        **header,
        **found,
        "record_type": "8",
        "company_id": "" if batch.sec == "IAT" else batch.company_id,
        "operator_data": batch.company_name,
    }
    layout = layouts.ADV_BATCH_CONTROL if batch.sec == "ADV" else layouts.BATCH_CONTROL
    lines.append(layout.compose(control, record=f"{label}, control"))
    return found


def _open_batch(batch: Batch, label: str, lines: list[str]) -> tuple[Mapping[str, str | int], dict[str, int]]:
    """Append the lines of the batch but for its control; the answer is its header, and what its entries add up to."""
    is_answer = any(entry.returned or entry.change for entry in batch.entries)
    no_date = "000000" if is_answer else ""
    header: dict[str, str | int] = {
        "record_type": "5",
        "service_class": batch.service_class,
        "company_name": batch.company_name,
        "company_discretionary": batch.discretionary,
        "company_id": batch.company_id,
        "sec": batch.sec,
        "description": batch.description,
        "descriptive_date": batch.descriptive_date,
        "effective_date": f"{batch.effective_on:%y%m%d}" if batch.effective_on else no_date,
        "settlement_date": batch.settlement_date,
        "originator_status": batch.originator_status,
        "odfi": batch.odfi,
        "batch_number": batch.number,
    } | dict(batch.details)
    layout = layouts.IAT_BATCH_HEADER if batch.sec == "IAT" else layouts.BATCH_HEADER
    lines.append(layout.compose(header, record=label))
    found = {"entry_count": 0, "entry_hash": 0, "debits": 0, "credits": 0}
    layout = layouts.entry_layout(batch.sec)
    for place, entry in enumerate(batch.entries, start=1):
        amount = _entry(entry, layout, f"{label}, entry {place}", batch.sec, lines)
        found["entry_count"] += 1 + len(entry.addenda)
        found["entry_hash"] += int(entry.routing[:8])
        found["debits" if entry.side is Side.DEBIT else "credits"] += amount
    found["entry_hash"] %= HASH_MODULUS
    return header, found


def _entry(entry: Entry, layout: layouts.Layout, label: str, sec: str, lines: list[str]) -> int:
    try:
        amount = cents(entry.amount)
    except ValueError as wrong:
        raise FieldRefused(f"{wrong}.", record=label, field="amount") from None
    if len(entry.routing) != 9 or not (entry.routing.isascii() and entry.routing.isdigit()):
        raise FieldRefused("nine digits are needed.", record=label, field="routing")
    if len(entry.trace) != 15 and sec != "ADV":
        raise FieldRefused("fifteen digits are needed.", record=label, field="trace")
    if entry.account != entry.account.strip():
        raise FieldRefused("blanks before or after the number are not allowed.", record=label, field="account")
    values: dict[str, str | int] = {
        "record_type": "6",
        "code": entry.code,
        "rdfi": entry.routing[:8],
        "check_digit": entry.routing[8],
        "account": entry.account,
        "amount": amount,
        "identification": entry.identification,
        "name": entry.name,
        "discretionary": entry.discretionary,
        "addenda_count": len(entry.addenda),
        "addenda_indicator": "1" if entry.addenda else "0",
        "trace": entry.trace,
    }
    if entry.details:
        values |= dict(entry.details)
    lines.append(layout.compose(values, record=label))
    for place, one in enumerate(entry.addenda, start=1):
        lines.append(_addenda(one, place, entry, sec, f"{label}, addenda {place}"))
    return amount


def _addenda(one: Addenda, place: int, entry: Entry, sec: str, label: str) -> str:
    values: dict[str, str | int] = {"record_type": "7", "entry_sequence": entry.trace[-7:], "sequence": place}
    if isinstance(one, Remittance):
        return layouts.REMITTANCE.compose(values | {"addenda_type": "05", "text": one.text}, record=label)
    if isinstance(one, OtherAddenda):
        own = dict(one.values)
        layout = layouts.addenda_layout(one.kind, "", sec)
        if layout is None:
            raise FieldRefused("there is no such addenda.", record=label, field="addenda_type")
        return layout.compose(values | own | {"addenda_type": one.kind}, record=label)
    own = {name: getattr(one, name) for name in one.__dataclass_fields__}
    if isinstance(one, Change):
        own["change_code"] = one.code
        layout = layouts.IAT_CHANGE if sec == "IAT" else layouts.CHANGE
    elif isinstance(one, RefusedChange):
        own["refused_code"] = one.code
        layout = layouts.REFUSED_CHANGE
    elif isinstance(one, Return):
        layout = layouts.IAT_RETURN if sec == "IAT" else layouts.RETURN
        own["forward_amount"] = one.forward_cents or 0
    else:
        layout = layouts.DISHONORED if isinstance(one, DishonoredReturn) else layouts.CONTESTED
    kind = "98" if isinstance(one, Change | RefusedChange) else "99"
    return layout.compose(values | own | {"addenda_type": kind}, record=label)


def _file_control(totals: Sequence[Mapping[str, int]], lines: int, layout: layouts.Layout) -> str:
    added = {name: sum(one[name] for one in totals) for name in ("entry_count", "entry_hash", "debits", "credits")}
    added["entry_hash"] %= HASH_MODULUS
    values = {"record_type": "9", "batch_count": len(totals), "block_count": -(-lines // BLOCK), **added}
    return layout.compose(values, record="file control")
