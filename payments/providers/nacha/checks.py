"""The rules of a whole file and of its batches; those of an entry are next door in entry_checks.

The same rules read what we wrote and what a bank sent. ``outbound`` adds those that bind whom an entry starts with: only SEC codes
that we write, a banking day that has not passed, the descriptions of 2026, and fields that the operator fills in.
Source: Nacha Operating Rules, Appendix Three; the descriptions are in force since 20 March 2026.
"""

from datetime import date, datetime

from payments.providers.nacha import banking_days, layouts
from payments.providers.nacha.codes import (
    ADVICES,
    CREDITS_ONLY,
    DEBITS_ONLY,
    DESCRIPTION_RULE_FROM,
    MICRO_ENTRY_LIMIT_CENTS,
    MIXED,
    MODIFIERS,
    RESERVED_DESCRIPTIONS,
    SEC_CODES,
    SERVICE_CLASSES,
    TRANSACTION_CODES,
    Side,
)
from payments.providers.nacha.entry_checks import check_entries
from payments.providers.nacha.lines import BatchRecords, FileRecords, Record
from payments.providers.nacha.problems import Severity
from payments.providers.nacha.routing import is_routing_number

HASH_MODULUS = 10**10
_WAGE_WORDS = ("PAYROLL", "SALARY", "WAGES", "PAY ROLL")


def day(digits: str) -> date | None:
    """YYMMDD of this century, or None."""
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    try:
        return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None


def check(tree: FileRecords, *, outbound: bool, has_controls: bool = True) -> None:
    """Note every problem of the records in ``tree.problems``. Without controls, what they add up to is not asked for."""
    for record in tree.all():
        _fields(tree, record)
    _header(tree, outbound=outbound)
    if not tree.batches:
        # Some banks send a file every day, with or without entries.
        tree.report(None, "", "file.no_batches", "there is no batch", Severity.WARNING)
    previous = 0
    seen: set[str] = set()
    for batch in tree.batches:
        _batch_header(tree, batch, outbound=outbound)
        number = batch.header.number("batch_number")
        if number <= previous:
            tree.report(batch.header, "batch_number", "batch.number_order", "batch numbers must ascend within the file")
        previous = max(previous, number)
        created = day(tree.header["creation_date"]) if tree.header else None
        check_entries(tree, batch, seen=seen, created_on=created, outbound=outbound)
        if has_controls:
            _batch_control(tree, batch)
        else:
            _sides(tree, batch)
    if has_controls:
        _file_control(tree)
        _fill(tree)


def _fields(tree: FileRecords, record: Record) -> None:
    for place in record.layout.fields:
        if place.kind == "A":
            continue
        value = record.text[place.start - 1 : place.end]
        if place.kind == "B":
            if value != " " * place.width:
                tree.report(record, place.name, "field.not_blank", "the field is reserved and must be blank")
        elif not (value.isascii() and value.isdigit()) and not (place.kind == "O" and not value.strip()):
            tree.report(record, place.name, "field.not_numeric", f"{place.width} digits are needed")


def _header(tree: FileRecords, *, outbound: bool) -> None:
    header = tree.header
    if header is None:
        return
    for name, wanted in (("priority_code", "01"), ("record_size", "094"), ("blocking_factor", "10"), ("format_code", "1")):
        if header[name] != wanted:
            tree.report(header, name, f"header.{name}", f"the field must be {wanted}")
    destination, origin = header["destination"], header["origin"]
    # A bank's file for us carries what it calls us, as ours carry it as origin.
    ours = not outbound and destination.isalnum() and destination.isascii()
    if not ours and (destination[0] != " " or not is_routing_number(destination[1:])):
        tree.report(header, "destination", "header.destination", "a blank and a routing number with its check digit are needed")
    given = origin[1:] if origin[0] == " " else origin
    if not given.isalnum() or len(given) not in {9, 10} or (len(given) == 9 and not given.isdigit()):
        tree.report(header, "origin", "header.origin", "a blank and nine digits, or ten letters and digits, are needed")
    if day(header["creation_date"]) is None:
        tree.report(header, "creation_date", "header.creation_date", "a day as YYMMDD is needed")
    clock = header["creation_time"]
    if clock.strip() and not _is_clock(clock):
        tree.report(header, "creation_time", "header.creation_time", "a time as HHMM is needed")
    if header["modifier"] not in MODIFIERS:
        tree.report(header, "modifier", "header.modifier", "a letter from A to Z or a digit is needed")


def _is_clock(digits: str) -> bool:
    try:
        datetime.strptime(digits, "%H%M")  # noqa: DTZ007
    except ValueError:
        return False
    return len(digits) == 4


def _batch_header(tree: FileRecords, batch: BatchRecords, *, outbound: bool) -> None:
    header, sec = batch.header, SEC_CODES.get(batch.sec)
    if sec is None:
        tree.report(header, "sec", "batch.sec", "the standard entry class code is not known")
    elif outbound and not sec.is_written:
        tree.report(header, "sec", "batch.sec_not_written", f"{sec.code} files are read here, not written")
    if header["service_class"] not in SERVICE_CLASSES or (header["service_class"] == ADVICES) != (batch.sec == "ADV"):
        tree.report(header, "service_class", "batch.service_class", "200, 220 or 225 is needed, 280 for advices")
    if batch.sec != "IAT":
        _blank_or_zeros(tree, header, "company_name", "batch.company_name")
    _blank_or_zeros(tree, header, "description", "batch.description")
    if not header["company_id"].strip():
        tree.report(header, "company_id", "batch.company_id", "the company identification must not be blank")
    if header["originator_status"] not in ("1" if outbound else "012"):
        tree.report(header, "originator_status", "batch.originator_status", "the originator status must be 1 (0 and 2 inbound)")
    if not batch.entries:
        tree.report(header, "", "batch.empty", "a batch has at least one entry")
    _dates(tree, batch, outbound=outbound)
    if batch.sec != "IAT":
        _description(tree, batch, outbound=outbound)


def _blank_or_zeros(tree: FileRecords, record: Record, name: str, code: str) -> None:
    text = record[name].strip()
    if not text:
        tree.report(record, name, code, "the field must not be blank")
    elif not text.strip("0"):
        tree.report(record, name, code, "the field must not be all zeros")


def _is_inbound_answer(batch: BatchRecords) -> bool:
    """Returns and notifications of change: the day of the original, or none, stands in their headers."""
    return any(one["addenda_type"] in {"98", "99"} for entry in batch.entries for one in entry.addenda)


def _dates(tree: FileRecords, batch: BatchRecords, *, outbound: bool) -> None:
    header = batch.header
    digits = header["effective_date"]
    effective = day(digits)
    settled = header["settlement_date"]
    if settled.strip() and (outbound or not 0 <= header.number("settlement_date") <= 366):
        tree.report(
            header, "settlement_date", "batch.settlement_date", "the operator fills this in: blank, or a day of the year inbound"
        )
    if effective is None:
        if not (batch.sec == "ENR" and not digits.strip()) and not (_is_inbound_answer(batch) and not digits.strip("0 ")):
            tree.report(header, "effective_date", "batch.effective_date", "a day as YYMMDD is needed")
        return
    if not banking_days.is_banking_day(effective):
        what = "a holiday of the Federal Reserve" if banking_days.is_holiday(effective) else "on a weekend"
        tree.report(header, "effective_date", "batch.effective_not_banking_day", f"the day is {what}", Severity.WARNING)
    created = day(tree.header["creation_date"]) if tree.header else None
    if created is None or batch.sec == "IAT":
        return
    if outbound and effective < created:
        tree.report(header, "effective_date", "batch.effective_past", "the day is before the file's own", Severity.WARNING)
    wanted = header["descriptive_date"]
    if outbound and wanted[:2] == "SD":
        if not _is_clock(wanted[2:]):
            tree.report(
                header, "descriptive_date", "batch.same_day_time", "same day is SD and the time of settlement, as in SD1300"
            )
        if effective > created:
            tree.report(header, "effective_date", "batch.same_day_date", "a same-day batch is effective on the day of the file")


def _description(tree: FileRecords, batch: BatchRecords, *, outbound: bool) -> None:
    header = batch.header
    text = header["description"].rstrip()
    created = day(tree.header["creation_date"]) if tree.header else None
    sides = {TRANSACTION_CODES[one.detail["code"]].side for one in batch.entries if one.detail["code"] in TRANSACTION_CODES}
    if not outbound or created is None or created < DESCRIPTION_RULE_FROM:
        return
    if text.upper() in RESERVED_DESCRIPTIONS and text != text.upper():
        tree.report(header, "description", "batch.description_case", f"a reserved description is written {text.upper()}")
    elif text == "PAYROLL" and (batch.sec != "PPD" or Side.CREDIT not in sides):
        tree.report(header, "description", "batch.description_payroll", "PAYROLL is for PPD credits")
    elif text == "PURCHASE" and (batch.sec != "WEB" or Side.DEBIT not in sides):
        tree.report(header, "description", "batch.description_purchase", "PURCHASE is for WEB debits")
    elif text in {"RETRY PYMT", "RETURN FEE"} and Side.DEBIT not in sides:
        tree.report(header, "description", "batch.description_debits", f"{text} is for debits")
    elif text == "ACCTVERIFY":
        _micro_entries(tree, batch)
    elif batch.sec == "PPD" and Side.CREDIT in sides and text != "PAYROLL" and any(one in text.upper() for one in _WAGE_WORDS):
        tree.report(header, "description", "batch.description_wages", "wages are described as PAYROLL", Severity.WARNING)


def _micro_entries(tree: FileRecords, batch: BatchRecords) -> None:
    found = totals(batch)
    if found["debits"] > found["credits"]:
        tree.report(batch.header, "", "batch.micro_debits", "micro-debits are together at most what the micro-credits are")
    for entry in batch.entries:
        if entry.detail.number("amount") >= MICRO_ENTRY_LIMIT_CENTS:
            tree.report(entry.detail, "amount", "entry.micro_amount", "a micro-entry is below 1.00")


def totals(batch: BatchRecords) -> dict[str, int]:
    """What the batch control must say: entries and addenda, hash, debits and credits in cents."""
    found = {"entry_count": 0, "entry_hash": 0, "debits": 0, "credits": 0}
    for entry in batch.entries:
        found["entry_count"] += 1 + len(entry.addenda)
        found["entry_hash"] += max(entry.detail.number("rdfi"), 0)
        code = TRANSACTION_CODES.get(entry.detail["code"])
        if code:
            found["debits" if code.side is Side.DEBIT else "credits"] += max(entry.detail.number("amount"), 0)
    found["entry_hash"] %= HASH_MODULUS
    return found


def _batch_control(tree: FileRecords, batch: BatchRecords) -> None:
    header, control = batch.header, batch.control
    if control is None:
        tree.report(header, "", "batch.no_control", "the batch has no control record")
        return
    for name in ("service_class", "odfi", "batch_number"):
        if control[name] != header[name]:
            tree.report(control, name, f"batch_control.{name}", "the field differs from the batch header")
    if control.layout is layouts.BATCH_CONTROL:
        _company_of_control(tree, header, control)
        if control["authentication"].strip():
            tree.report(control, "authentication", "batch_control.authentication", "the field must be blank")
    for name, wanted in totals(batch).items():
        _compare(tree, control, name, "batch_control", wanted)
    _sides(tree, batch)


def _sides(tree: FileRecords, batch: BatchRecords) -> None:
    header = batch.header
    sides = {TRANSACTION_CODES[one.detail["code"]].side for one in batch.entries if one.detail["code"] in TRANSACTION_CODES}
    refused = {CREDITS_ONLY: Side.DEBIT, DEBITS_ONLY: Side.CREDIT}.get(header["service_class"])
    if refused in sides:
        tree.report(
            header, "service_class", "batch.service_class_side", f"a {refused.lower()} is in a batch without; {MIXED} is mixed"
        )


def _company_of_control(tree: FileRecords, header: Record, control: Record) -> None:
    if control["company_id"] == header["company_id"] or batch_is_iat(header):
        return
    same = control["company_id"].strip() == header["company_id"].strip()
    message = "the field stands elsewhere than in the batch header" if same else "the field differs from the batch header"
    tree.report(control, "company_id", "batch_control.company_id", message, Severity.WARNING if same else Severity.ERROR)


def batch_is_iat(header: Record) -> bool:
    """An international batch, whose control need not repeat the originator."""
    return header.layout is layouts.IAT_BATCH_HEADER


def _compare(tree: FileRecords, control: Record, name: str, kind: str, wanted: int) -> None:
    said = control.number(name)
    if said != wanted:
        told = said if said >= 0 else "no number"
        tree.report(control, name, f"{kind}.{name}", f"the field says {told}, the file has {wanted}")


def _file_control(tree: FileRecords) -> None:
    control = tree.control
    if control is None:
        return
    found = {"batch_count": len(tree.batches), "block_count": -(-(tree.lines - tree.fill) // 10)}
    found |= {"entry_count": 0, "entry_hash": 0, "debits": 0, "credits": 0}
    for batch in tree.batches:
        for name, value in totals(batch).items():
            found[name] += value
    found["entry_hash"] %= HASH_MODULUS
    for name, wanted in found.items():
        _compare(tree, control, name, "file_control", wanted)


def _fill(tree: FileRecords) -> None:
    wanted = -(tree.lines - tree.fill) % 10
    if tree.control is not None and tree.fill != wanted:
        severity = Severity.WARNING if tree.fill == 0 else Severity.ERROR
        message = f"{wanted} lines of nines must fill the last block of ten, there are {tree.fill}"
        tree.report(None, "", "file.fill", message, severity)
