"""What SEPA messages cost: python -m benchmarks.iso20022 [--json] [--rounds N] [--payments N].

5,000 payments, each to another account, are written, validated against the official schema and held to the scheme's rules; the reference
is lxml alone, which parses and validates the same bytes. CPU seconds of this process; no database.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from lxml import etree
from moneyed import Money

from benchmarks import rounds

TITLE = "ISO 20022"
PAYMENTS, MUST_SECONDS = 5000, 2.0
CREATED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def messages(count: int) -> dict[str, Callable[[], bytes]]:
    """What is measured, by name: each makes a message or reads one."""
    from schwifty import IBAN

    from payments.providers.iso20022 import checking, credit_transfers, direct_debits, reports
    from payments.providers.iso20022.parts import Account, Address, Agent, Party, Remittance

    us = Party(
        name="Flowlet Payments SA", address=Address(street="Rue du Marais", building_number="12", town="Brussels", country="BE")
    )
    them = Party(name="Anna Weber", address=Address(street="Hauptstrasse", post_code="10115", town="Berlin", country="DE"))
    ours, bank, their_bank = Account(iban="BE68539007547034"), Agent(bic="KREDBEBB"), Agent(bic="COBADEFFXXX")
    accounts = [Account(iban=str(IBAN.generate("DE", "37040044", str(number)))) for number in range(1, count + 1)]
    common: list[dict[str, Any]] = [
        {
            "end_to_end_id": f"E2E-{number:08d}",
            "instruction_id": f"INS-{number:08d}",
            "amount": Money(Decimal(number) / 100, "EUR"),
            "remittance": Remittance(text=f"Invoice {number}"),
        }
        for number in range(1, count + 1)
    ]
    transfers = tuple(
        credit_transfers.Transfer(creditor=them, creditor_account=account, creditor_agent=their_bank, **values)
        for account, values in zip(accounts, common, strict=True)
    )
    debits = tuple(
        direct_debits.Debit(
            debtor=them,
            debtor_account=account,
            debtor_agent=their_bank,
            mandate=direct_debits.Mandate(id=f"M-{values['end_to_end_id']}", signed_on=date(2026, 3, 1)),
            **values,
        )
        for account, values in zip(accounts, common, strict=True)
    )
    out = credit_transfers.Group(
        id="G1", execute_on=date(2026, 11, 24), debtor=us, debtor_account=ours, debtor_agent=bank, transfers=transfers
    )
    collected = direct_debits.Group(
        id="G1",
        collect_on=date(2026, 11, 24),
        instrument=direct_debits.Instrument.CORE,
        sequence=direct_debits.SequenceType.RECURRING,
        creditor=us,
        creditor_account=ours,
        creditor_agent=bank,
        creditor_id="DE98ZZZ09999999999",
        debits=debits,
    )

    def paid() -> bytes:
        return credit_transfers.write(message_id="M1", created_at=CREATED_AT, initiator=us, groups=[out]).content

    def debited() -> bytes:
        return direct_debits.write(message_id="M1", created_at=CREATED_AT, initiator=us, groups=[collected]).content

    content, report = paid(), status_report(count)

    def alone() -> bytes:
        schema.validate(etree.fromstring(content))
        return content

    def checked() -> bytes:
        checking.check(content)
        return content

    def read() -> bytes:
        if sum(1 for _ in reports.statuses(report)) != count:
            raise RuntimeError("not every status was read")
        return report

    schema = official()
    return {
        "lxml parses and validates": alone,
        "pain.001 written and validated": paid,
        "pain.008 written and validated": debited,
        "pain.001 of others checked": checked,
        "pain.002 read": read,
    }


def official() -> etree.XMLSchema:
    """The schema by which everything is validated."""
    from flowlet.core import xml

    found = xml.schema("pain.001.001.09")
    if found is None:
        raise SystemExit("No schema of pain.001.001.09: install sepaxml or set FLOWLET_ISO20022_SCHEMAS.")
    return etree.XMLSchema(etree.parse(found.path))


def status_report(count: int) -> bytes:
    """A pain.002 that accepts every payment by itself."""
    one = "<TxInfAndSts><OrgnlEndToEndId>E2E-{0:08d}</OrgnlEndToEndId><TxSts>ACSP</TxSts></TxInfAndSts>"
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId></GrpHdr>'
        "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>G1</OrgnlPmtInfId>"
        + "".join(one.format(number) for number in range(1, count + 1))
        + "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def main() -> int:
    """Measure all of them in turns."""
    parser = rounds.parser(__doc__, rounds=5, seconds=0)
    parser.add_argument("--payments", type=int, default=PAYMENTS)
    asked = parser.parse_args()
    settings.configure(ISO20022_SCHEMAS="")
    loads = messages(asked.payments)
    names = list(loads)
    cpu: dict[str, list[float]] = {name: [] for name in names}
    for number in range(asked.rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            began = time.process_time()
            loads[name]()
            cpu[name].append(time.process_time() - began)
    reference = cpu[names[0]]
    rows = []
    for name in names:
        seconds = statistics.median(cpu[name])
        row: dict[str, Any] = {
            "name": name,
            "cpu_ratio": round(statistics.median(a / b for a, b in zip(cpu[name], reference, strict=True)), 1),
            "cpu_s": round(seconds, 2),
            "us_per_payment": round(seconds / asked.payments * 1e6),
        }
        if name.endswith("written and validated"):
            must = MUST_SECONDS * asked.payments / PAYMENTS
            row |= {"must_s": round(must, 2), "reached": seconds < must}
        rows.append(row)
    return rounds.report(TITLE, rows, as_json=asked.json, payments=asked.payments)


if __name__ == "__main__":
    raise SystemExit(main())
