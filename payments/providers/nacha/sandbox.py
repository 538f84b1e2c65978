"""A bank's side of the conversation, for simulations: returns (addenda 99) and notifications of change (addenda 98) to files of ours.

The answers go by the rules, so that what reads them cannot tell them from a bank's: the original's company header, the institution
that answers as ODFI of the batch, the transaction code of returns (21, 26, 31...; with amount zero for a prenote), our ODFI as the
receiver, and new trace numbers. Nothing of this is ever sent to a real bank.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TypeVar

from payments.providers.nacha.changes import CHANGE_CODES, Correction, corrected_data
from payments.providers.nacha.codes import TRANSACTION_CODES, Purpose, Use, transaction_code
from payments.providers.nacha.problems import FieldRefused, FileRefused
from payments.providers.nacha.reading import read
from payments.providers.nacha.records import Addenda, Batch, Change, Entry, File, Return, dollars, trace_number
from payments.providers.nacha.returns import CONTESTED_CODES, DISHONORED_CODES, RETURN_CODES
from payments.providers.nacha.routing import check_digit
from payments.providers.nacha.writing import compose


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReturn:
    """Send the entry with this trace number back. ``date_of_death`` belongs to R14 and R15."""

    trace: str
    reason: str
    information: str = ""
    date_of_death: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxChange:
    """Take the entry with this trace number, and ask for a correction."""

    trace: str
    correction: Correction


Answer = TypeVar("Answer", SandboxReturn, SandboxChange)


def sandbox_write_returns(
    *,
    original: File,
    answers: Sequence[SandboxReturn],
    created_on: date,
    created_time: time | None = None,
    modifier: str = "A",
    sequence: int = 1,
) -> bytes:
    """A return file for entries of ``original``, in their order. ``sequence`` is the first of the new running trace numbers.

    Raises FieldRefused for a trace number that the original does not have or has answered twice, and for a reason that no
    receiving institution gives.
    """
    asked = _by_trace(answers)
    for one in answers:
        if one.reason not in RETURN_CODES or one.reason in DISHONORED_CODES | CONTESTED_CODES:
            raise FieldRefused("not a reason to return an entry.", record=f"the answer to {one.trace}", field="reason")

    def addenda(entry: Entry, trace: str) -> Addenda:
        one = asked[entry.trace]
        return Return(
            reason=one.reason,
            original_trace=entry.trace,
            original_rdfi=entry.routing[:8],
            date_of_death=f"{one.date_of_death:%y%m%d}" if one.date_of_death else "",
            information=one.information,
            trace=trace,
        )

    batches = _answered(original, set(asked), addenda, sequence, is_change=False)
    return _written(original, batches, created_on, created_time, modifier)


def sandbox_write_changes(
    *,
    original: File,
    answers: Sequence[SandboxChange],
    created_on: date,
    created_time: time | None = None,
    modifier: str = "A",
    sequence: int = 1,
) -> bytes:
    """A file of notifications of change (SEC code COR, amount zero) for entries of ``original``. Raises FieldRefused as above."""
    asked = _by_trace(answers)
    for one in answers:
        if one.correction.code not in CHANGE_CODES:
            raise FieldRefused("not a change code.", record=f"the answer to {one.trace}", field="change_code")

    def addenda(entry: Entry, trace: str) -> Addenda:
        wanted = asked[entry.trace].correction
        return Change(
            code=wanted.code,
            original_trace=entry.trace,
            original_rdfi=entry.routing[:8],
            corrected_data=corrected_data(wanted),
            trace=trace,
        )

    batches = _answered(original, set(asked), addenda, sequence, is_change=True)
    return _written(original, batches, created_on, created_time, modifier)


def _by_trace(answers: Sequence[Answer]) -> dict[str, Answer]:
    asked = {one.trace: one for one in answers}
    if len(asked) != len(answers):
        raise FieldRefused("an entry is answered once.", record="the answers", field="trace")
    return asked


def _answered(
    original: File, asked: set[str], addenda: Callable[[Entry, str], Addenda], sequence: int, *, is_change: bool
) -> tuple[Batch, ...]:
    """A batch for each original batch and institution that answers, because a trace number begins with the ODFI of its batch."""
    unknown = asked - {entry.trace for _, entry in original.entries()}
    if unknown:
        raise FieldRefused("the original file has no such entry.", record=f"the answer to {min(unknown)}", field="trace")
    batches = []
    for batch in original.batches:
        by_institution: dict[str, list[Entry]] = {}
        for entry in batch.entries:
            if entry.trace not in asked:
                continue
            rdfi = entry.routing[:8]
            trace = trace_number(odfi=rdfi, number=sequence)
            sequence += 1
            by_institution.setdefault(rdfi, []).append(
                replace(
                    entry,
                    code=_return_code(entry),
                    routing=batch.odfi + check_digit(batch.odfi),
                    amount=dollars(0) if is_change else entry.amount,
                    trace=trace,
                    addenda=(addenda(entry, trace),),
                )
            )
        batches += [
            replace(
                batch,
                sec="COR" if is_change else batch.sec,
                odfi=rdfi,
                entries=tuple(entries),
                number=0,
                service_class="",
                purpose=Purpose.OTHER,
            )
            for rdfi, entries in by_institution.items()
        ]
    return tuple(batches)


def _return_code(entry: Entry) -> str:
    code = TRANSACTION_CODES[entry.code]
    if code.account_type is None:
        raise FieldRefused("an advice is not answered.", record=f"the entry {entry.trace}", field="code")
    return transaction_code(account_type=code.account_type, side=code.side, use=Use.RETURN)


def _written(original: File, batches: tuple[Batch, ...], created_on: date, created_time: time | None, modifier: str) -> bytes:
    """From the bank to who wrote the original. Raises FileRefused when an answer would not be read without errors."""
    data = compose(
        file=File(
            destination=original.origin,
            origin=original.destination,
            destination_name=original.origin_name,
            origin_name=original.destination_name,
            created_on=created_on,
            created_time=created_time,
            modifier=modifier,
            batches=batches,
        )
    )
    errors = read(data).errors
    if errors:
        raise FileRefused(errors)
    return data
