"""Files of every kind that we write, to be bent by the tests."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

from flowlet.core.money import Money
from payments.providers import nacha

ODFI = "23138010"
BANK, OTHER_BANK = "231380104", "121042882"
WEDNESDAY, THURSDAY = date(2026, 11, 18), date(2026, 11, 19)


def usd(text):
    return Money(Decimal(text), "USD")


def trace(number):
    return nacha.trace_number(odfi=ODFI, number=number)


def entry(number=1, *, code="22", amount="125.50", **changes):
    values = {
        "code": code,
        "routing": OTHER_BANK,
        "account": "744-5678-99",
        "amount": usd(amount),
        "name": "Wade Arnold",
        "identification": f"INV-{number}",
        "trace": trace(number),
    }
    return nacha.Entry(**(values | changes))


def batch(*entries, sec="PPD", description="PAYOUT", **changes):
    values = {
        "sec": sec,
        "company_name": "Flowlet",
        "company_id": "1123456789",
        "odfi": ODFI,
        "description": description,
        "effective_on": THURSDAY,
        "entries": entries,
    }
    return nacha.Batch(**(values | changes))


def file(*batches, **changes):
    values = {
        "destination": BANK,
        "destination_name": "First Bank",
        "origin": "1123456789",
        "origin_name": "Flowlet",
        "created_on": WEDNESDAY,
        "created_time": time(9, 30),
        "batches": batches,
    }
    return nacha.File(**(values | changes))


def text(words):
    return nacha.Remittance(text=words)


def every_kind():
    """One file for each kind that we write, by name."""
    single = {"discretionary": "S"}
    offset = nacha.Offset(routing=BANK, account="1000-1", name="Flowlet")
    payout = batch(entry(1), entry(2, code="32", amount="0.01"))
    collection = batch(entry(1, code="27"), entry(2, code="37", amount="99999999.99"))
    kinds = {
        "PPD credits": payout,
        "PPD debits": replace(collection, description="DUES"),
        "PPD mixed": batch(entry(1), entry(2, code="27")),
        "PPD addenda": batch(entry(1, addenda=(text("Rent of November"),))),
        "PPD wages": batch(entry(1), description="PAYROLL", purpose=nacha.Purpose.WAGES),
        "PPD micro-entries": batch(
            entry(1, amount="0.32"),
            entry(2, amount="0.44"),
            entry(3, code="27", amount="0.76"),
            description="ACCTVERIFY",
            purpose=nacha.Purpose.ACCOUNT_VERIFICATION,
        ),
        "PPD again": batch(entry(1, code="27"), description="RETRY PYMT", purpose=nacha.Purpose.RETRY),
        "PPD prenotes": batch(*(entry(n, code=code, amount="0") for n, code in enumerate(("23", "28", "33", "38"), start=1))),
        "PPD same day": batch(entry(1, amount="1000000.00"), descriptive_date="SD1300", effective_on=WEDNESDAY),
        "PPD offset": nacha.with_offset(batch=payout, offset=offset, traces=[trace(3)]),
        "PPD offsets": nacha.with_offset(batch=batch(entry(1), entry(2, code="27")), offset=offset, traces=[trace(3), trace(4)]),
        "CCD credits": batch(entry(1, name="ACME Corp"), sec="CCD"),
        "CCD debits": batch(entry(1, code="27", addenda=(text("INV 4711"),)), sec="CCD"),
        "CCD prenote": batch(entry(1, code="28", amount="0"), sec="CCD"),
        "CCD remittance": batch(entry(1, code="24", amount="0", addenda=(text("nothing due"),)), sec="CCD"),
        "CTX addenda": batch(
            entry(1, name="Receiver Company", addenda=tuple(text(f"RMR*IV*{n}") for n in range(1, 13))), sec="CTX"
        ),
        "CTX plain": batch(entry(1, code="27", name="Receiver Company"), sec="CTX"),
        "WEB debits": batch(entry(1, code="27", **single), sec="WEB"),
        "WEB purchase": batch(
            entry(1, code="27", discretionary="R", addenda=(text("Order 7"),)),
            sec="WEB",
            description="PURCHASE",
            purpose=nacha.Purpose.ONLINE_PURCHASE,
        ),
        "WEB credits": batch(entry(1, **single), sec="WEB"),
        "WEB offset": nacha.with_offset(batch=batch(entry(1, code="27", **single), sec="WEB"), offset=offset, traces=[trace(2)]),
        "TEL debits": batch(entry(1, code="27", **single), sec="TEL"),
        "TEL reversal": batch(entry(1, discretionary="S"), sec="TEL", description="REVERSAL", purpose=nacha.Purpose.REVERSAL),
        "TEL unmarked": batch(entry(1, code="37"), sec="TEL"),
    }
    files = {name: file(one) for name, one in kinds.items()}
    files["two batches"] = file(payout, batch(entry(3, code="27"), sec="CCD"))
    files["full block"] = file(batch(*(entry(n) for n in range(1, 7))))
    return files
