"""The rules of an entry and its addenda, by the SEC code of its batch."""

from datetime import date

from payments.providers.nacha.changes import CHANGE_CODES, REFUSED_CHANGE_CODES, WITHOUT_DATA
from payments.providers.nacha.codes import SAME_DAY_LIMIT_CENTS, SEC_CODES, TRANSACTION_CODES, Sec, TransactionCode, Use
from payments.providers.nacha.layouts import addenda_layout
from payments.providers.nacha.lines import BatchRecords, EntryRecords, FileRecords, Record
from payments.providers.nacha.problems import Severity
from payments.providers.nacha.returns import RETURN_CODES
from payments.providers.nacha.routing import check_digit


def check_entries(tree: FileRecords, batch: BatchRecords, *, seen: set[str], created_on: date | None, outbound: bool) -> None:
    """Note the problems of all entries. ``seen`` gathers the trace numbers of the file."""
    sec = SEC_CODES.get(batch.sec)
    same_day = batch.header["descriptive_date"][:2] == "SD" if batch.sec != "IAT" else False
    if created_on is not None and batch.header["effective_date"] == f"{created_on:%y%m%d}" and batch.sec != "IAT":
        same_day = True
    # What one-sided codes paid or took is given back by the other side (see R35, R36).
    is_reversal = batch.header["description"].rstrip() == "REVERSAL"
    previous = ""
    for entry in batch.entries:
        if batch.sec != "ADV":
            previous = _trace(tree, batch, entry, previous, seen)
        answer = next((one["addenda_type"] for one in reversed(entry.addenda) if one["addenda_type"] in {"98", "99"}), "")
        code = TRANSACTION_CODES.get(entry.detail["code"])
        _routing(tree, entry)
        if code is None:
            tree.report(entry.detail, "code", "entry.code", "the transaction code is not known")
        else:
            _amount(tree, entry, code, answer=answer)
            if sec:
                _side_and_use(tree, entry, code, sec, answer=answer, is_reversal=is_reversal)
        if outbound and same_day and entry.detail.number("amount") > SAME_DAY_LIMIT_CENTS:
            tree.report(entry.detail, "amount", "entry.same_day_limit", "a same-day entry is at most 1,000,000.00")
        if sec:
            _names(tree, entry, sec, answer=answer)
            _addenda(tree, entry, sec, answer=answer, outbound=outbound)


def _trace(tree: FileRecords, batch: BatchRecords, entry: EntryRecords, previous: str, seen: set[str]) -> str:
    trace = entry.detail["trace"]
    if trace[:8] != batch.header["odfi"]:
        tree.report(entry.detail, "trace", "entry.trace_odfi", "a trace number begins with the ODFI of the batch header")
    if trace in seen:
        tree.report(entry.detail, "trace", "entry.trace_repeats", "the trace number was used before in this file")
    elif trace <= previous:
        tree.report(entry.detail, "trace", "entry.trace_order", "trace numbers must ascend within the batch")
    seen.add(trace)
    return max(trace, previous)


def _routing(tree: FileRecords, entry: EntryRecords) -> None:
    detail = entry.detail
    rdfi = detail["rdfi"]
    if rdfi.isascii() and rdfi.isdigit() and check_digit(rdfi) != detail["check_digit"]:
        tree.report(detail, "check_digit", "entry.check_digit", "the check digit of the routing number is wrong")
    account = detail["account"]
    if not account.strip():
        tree.report(detail, "account", "entry.account", "the account number must not be blank")
    elif account[0] == " ":
        tree.report(detail, "account", "entry.account_leading_blank", "the account number begins with a blank", Severity.WARNING)


def _amount(tree: FileRecords, entry: EntryRecords, code: TransactionCode, *, answer: str) -> None:
    amount = entry.detail.number("amount")
    if code.use in {Use.PRENOTE, Use.ZERO_DOLLAR} or answer == "98":
        if amount > 0:
            tree.report(entry.detail, "amount", "entry.amount_not_zero", "the amount of this transaction code is zero")
    elif code.use is Use.LIVE and amount == 0 and not answer:
        tree.report(entry.detail, "amount", "entry.amount_zero", "the amount of a live entry is not zero")


def _side_and_use(
    tree: FileRecords, entry: EntryRecords, code: TransactionCode, sec: Sec, *, answer: str, is_reversal: bool
) -> None:
    detail = entry.detail
    if answer or sec.code == "COR":
        # 26 and its like; some institutions send the code of the forward entry.
        if code.use is not Use.RETURN:
            tree.report(detail, "code", "entry.return_code", "a return carries its own transaction code", Severity.WARNING)
        return
    if code.side not in sec.sides and not is_reversal:
        tree.report(detail, "code", "entry.side", f"{sec.code} has no {code.side.lower()}s")
    if code.use is Use.RETURN:
        tree.report(detail, "code", "entry.return_without_addenda", "the transaction code of a return needs an addenda 99 or 98")
    elif code.use not in sec.uses:
        tree.report(detail, "code", "entry.use", f"{sec.code} has no entries of kind {code.use.lower().replace('_', '-')}")


def _names(tree: FileRecords, entry: EntryRecords, sec: Sec, *, answer: str) -> None:
    detail = entry.detail
    if sec.needs_name and not answer:
        text = detail["name"].strip()
        if not text:
            tree.report(detail, "name", "entry.name", "the name must not be blank")
        elif not text.strip("0"):
            tree.report(detail, "name", "entry.name", "the name must not be all zeros")
    if sec.code in {"WEB", "TEL"} and not answer:
        kind = detail["discretionary"].strip()
        if kind not in ({"R", "S"} if sec.code == "WEB" else {"R", "S", ""}):
            message = "the payment type is R for recurring or S for single"
            tree.report(detail, "discretionary", "entry.payment_type", message, Severity.WARNING)


def _addenda(tree: FileRecords, entry: EntryRecords, sec: Sec, *, answer: str, outbound: bool) -> None:
    detail, indicator = entry.detail, entry.detail["addenda_indicator"]
    if indicator != ("1" if entry.addenda else "0"):
        has = "has" if entry.addenda else "has no"
        tree.report(
            detail, "addenda_indicator", "entry.addenda_indicator", f"the entry {has} addenda, the indicator says {indicator!r}"
        )
    for place, one in enumerate(entry.addenda, start=1):
        kind = one["addenda_type"]
        allowed = kind in sec.addenda or (not outbound and answer)
        if not allowed or addenda_layout(kind, one.text[3:6], sec.code) is None:
            tree.report(one, "addenda_type", "addenda.type", f"addenda {kind} does not belong into {sec.code}")
        elif kind in {"98", "99"}:
            _answer(tree, one)
        else:
            _sequence(tree, entry, one, place)
    if not answer:
        _addenda_count(tree, entry, sec)


def _sequence(tree: FileRecords, entry: EntryRecords, one: Record, place: int) -> None:
    if "entry_sequence" in one.layout.spans and one["entry_sequence"] != entry.detail["trace"][-7:]:
        tree.report(
            one, "entry_sequence", "addenda.entry_sequence", "the last seven digits of the entry's trace number are needed"
        )
    if one["addenda_type"] == "05" and one.number("sequence") != place:
        tree.report(one, "sequence", "addenda.sequence", f"the sequence number must be {place}")


def _addenda_count(tree: FileRecords, entry: EntryRecords, sec: Sec) -> None:
    detail, count = entry.detail, len(entry.addenda)
    if sec.code == "COR":
        tree.report(detail, "", "addenda.missing", "a notification of change has an addenda 98")
    elif not sec.fewest <= count <= sec.most:
        wanted = f"{sec.fewest}" if sec.fewest == sec.most else f"{sec.fewest} to {sec.most:,}"
        tree.report(detail, "", "addenda.count", f"{sec.code} has {wanted} addenda for an entry, here are {count}")
    if "addenda_count" in detail.layout.spans and detail["addenda_count"].strip():
        # An international entry may count its seven mandatory addenda only.
        accepted = {count, sum(one["addenda_type"] < "17" for one in entry.addenda)} if sec.code == "IAT" else {count}
        if detail.number("addenda_count") not in accepted:
            tree.report(detail, "addenda_count", "entry.addenda_count", f"the field says otherwise than {count}")


def _answer(tree: FileRecords, one: Record) -> None:
    if one["addenda_type"] == "99":
        if one["reason"] not in RETURN_CODES:
            # The money came back, whatever the reason: a new code must not keep the file from being booked.
            tree.report(one, "reason", "addenda.return_code", "the return reason code is not known", Severity.WARNING)
    else:
        name = "refused_code" if "refused_code" in one.layout.spans else "change_code"
        if one[name] not in CHANGE_CODES and one[name] not in REFUSED_CHANGE_CODES:
            tree.report(one, name, "addenda.change_code", "the change code is not known")
        if not one["corrected_data"].strip() and one[name] not in WITHOUT_DATA:
            tree.report(one, "corrected_data", "addenda.corrected_data", "the corrected data must not be blank")
