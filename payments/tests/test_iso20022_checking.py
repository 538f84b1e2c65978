"""The checker: prepared breaches in bytes, each found with its code, path and line; and messages of others."""

import copy
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sepaxml
from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import charset, checking, scheme
from payments.providers.iso20022.errors import UnknownMessage
from payments.tests.messages import collection, credit_transfer, debit, direct_debit, group, reversal_of, transfer

TRANSFERS = credit_transfer(group(transfer(1), transfer(2)), group(transfer(3), id="GRP-2")).content.decode()
DEBITED = direct_debit(collection(debit(1), debit(2)))
DEBITS = DEBITED.content.decode()
REVERSALS = reversal_of(DEBITED, "E2E-000001", "E2E-000002").content.decode()
THEIRS = "<Nm>Anna Weber</Nm>"
ADDRESS = TRANSFERS[
    TRANSFERS.index("<PstlAdr>", TRANSFERS.index("<CdtTrfTxInf>")) : TRANSFERS.index(
        "</PstlAdr>", TRANSFERS.index("<CdtTrfTxInf>")
    )
    + 10
]
TX = "/Document/CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]"
DD = "/Document/CstmrDrctDbtInitn/PmtInf/DrctDbtTxInf[1]"
RV = "/Document/CstmrPmtRvsl"
RT = f"{RV}/OrgnlPmtInfAndRvsl/TxInf[1]"


def without_addresses(text):
    """The message without the debtors' addresses."""
    start = text.index("<DrctDbtTxInf>")
    while (found := text.find("<PstlAdr>", start)) > 0:
        end = text.index("</PstlAdr>", found) + len("</PstlAdr>")
        text = text[:found] + text[end:]
    return text


# code, message, what stands there, what is put in its place, where it is found. Only the first place is changed.
BREACHES = [
    ("message.version", TRANSFERS, "pain.001.001.09", "pain.001.001.03", "/Document"),
    ("id.form", TRANSFERS, "<MsgId>MSG", "<MsgId>/MSG", "/Document/CstmrCdtTrfInitn/GrpHdr/MsgId"),
    ("id.form", TRANSFERS, "INS-000001", "INS//000001", f"{TX}/PmtId/InstrId"),
    ("id.repeated", TRANSFERS, "GRP-2", "GRP-1", "/Document/CstmrCdtTrfInitn/PmtInf[1]"),
    ("count.message", TRANSFERS, "<NbOfTxs>3<", "<NbOfTxs>4<", "/Document/CstmrCdtTrfInitn/GrpHdr/NbOfTxs"),
    ("count.group", TRANSFERS, "<NbOfTxs>2<", "<NbOfTxs>3<", "/Document/CstmrCdtTrfInitn/PmtInf[1]/NbOfTxs"),
    ("count.group", TRANSFERS, "<NbOfTxs>2</NbOfTxs>", "", "/Document/CstmrCdtTrfInitn/PmtInf[1]"),
    ("sum.message", TRANSFERS, "<CtrlSum>37.50<", "<CtrlSum>37.51<", "/Document/CstmrCdtTrfInitn/GrpHdr/CtrlSum"),
    ("sum.message", TRANSFERS, "<CtrlSum>37.50</CtrlSum>", "", "/Document/CstmrCdtTrfInitn/GrpHdr"),
    ("sum.group", TRANSFERS, "<CtrlSum>25.00<", "<CtrlSum>2.50<", "/Document/CstmrCdtTrfInitn/PmtInf[1]/CtrlSum"),
    ("charset", TRANSFERS, "Anna Weber", "Anna Wéber", f"{TX}/Cdtr/Nm"),
    ("charset", TRANSFERS, "Invoice 1<", "Invoice\n1<", f"{TX}/RmtInf/Ustrd"),
    ("name.missing", TRANSFERS, THEIRS, "", f"{TX}/Cdtr"),
    ("name.too_long", TRANSFERS, THEIRS, f"<Nm>{'x' * 71}</Nm>", f"{TX}/Cdtr/Nm"),
    ("address.unstructured", TRANSFERS, ADDRESS, "<PstlAdr><Ctry>DE</Ctry><AdrLine>Hauptstrasse 3</AdrLine><AdrLine>10115 Berlin</AdrLine></PstlAdr>", f"{TX}/Cdtr/PstlAdr"),
    ("address.no_town", TRANSFERS, "<TwnNm>Berlin</TwnNm>", "", f"{TX}/Cdtr/PstlAdr"),
    ("address.no_country", TRANSFERS, "<Ctry>DE</Ctry>", "", f"{TX}/Cdtr/PstlAdr"),
    ("address.too_many_lines", TRANSFERS, "<Ctry>DE</Ctry>", "<Ctry>DE</Ctry><AdrLine>1</AdrLine><AdrLine>2</AdrLine><AdrLine>3</AdrLine>", f"{TX}/Cdtr/PstlAdr/AdrLine[3]"),
    ("address.line_too_long", TRANSFERS, "<Ctry>DE</Ctry>", f"<Ctry>DE</Ctry><AdrLine>{'x' * 71}</AdrLine>", f"{TX}/Cdtr/PstlAdr/AdrLine"),
    ("amount.not_euro", TRANSFERS, 'Ccy="EUR"', 'Ccy="CHF"', f"{TX}/Amt/InstdAmt"),
    ("amount.decimals", TRANSFERS, ">12.50</InstdAmt>", ">12.500</InstdAmt>", f"{TX}/Amt/InstdAmt"),
    ("amount.too_small", TRANSFERS, ">12.50</InstdAmt>", ">0</InstdAmt>", f"{TX}/Amt/InstdAmt"),
    ("amount.too_large", TRANSFERS, ">12.50</InstdAmt>", ">1000000000</InstdAmt>", f"{TX}/Amt/InstdAmt"),
    ("account.not_iban", TRANSFERS, "DE89370400440532013000", "DE98370400440532013000", f"{TX}/CdtrAcct/Id/IBAN"),
    ("account.not_iban", TRANSFERS, "<IBAN>DE89370400440532013000</IBAN>", "<Othr><Id>532013000</Id></Othr>", f"{TX}/CdtrAcct"),
    ("account.outside_sepa", TRANSFERS, "DE89370400440532013000", "BR1800360305000010009795493C1", f"{TX}/CdtrAcct/Id/IBAN"),
    ("bic.invalid", TRANSFERS, "COBADEFFXXX", "COBAZZFFXXX", f"{TX}/CdtrAgt/FinInstnId/BICFI"),
    ("end_to_end.missing", TRANSFERS, "E2E-000001", "NOTPROVIDED", f"{TX}/PmtId/EndToEndId"),
    ("end_to_end.repeated", TRANSFERS, "E2E-000002", "E2E-000001", "/Document/CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[2]/PmtId/EndToEndId"),
    ("service.not_sepa", TRANSFERS, "<Cd>SEPA</Cd>", "<Cd>URGP</Cd>", "/Document/CstmrCdtTrfInitn/PmtInf[1]/PmtTpInf/SvcLvl/Cd"),
    ("charges.not_shared", TRANSFERS, "SLEV", "SHAR", "/Document/CstmrCdtTrfInitn/PmtInf[1]/ChrgBr"),
    ("remittance.repeated", TRANSFERS, "<Ustrd>Invoice 1</Ustrd>", "<Ustrd>Invoice</Ustrd><Ustrd>1</Ustrd>", f"{TX}/RmtInf"),
    ("remittance.too_long", TRANSFERS, "<Ustrd>Invoice 1<", f"<Ustrd>{'x' * 141}<", f"{TX}/RmtInf/Ustrd"),
    ("remittance.too_long", TRANSFERS, "<Ustrd>Invoice 1</Ustrd>", f"<Strd><AddtlRmtInf>{'x' * 120}</AddtlRmtInf></Strd>", f"{TX}/RmtInf/Strd"),
    ("remittance.reference", TRANSFERS, "<Ustrd>Invoice 1</Ustrd>", "<Strd><CdtrRefInf><Ref>RF00123</Ref></CdtrRefInf></Strd>", f"{TX}/RmtInf/Strd/CdtrRefInf/Ref"),
    ("day.past", TRANSFERS, "<Dt>2026-11-24</Dt>", "<Dt>2026-11-22</Dt>", "/Document/CstmrCdtTrfInitn/PmtInf[1]/ReqdExctnDt"),
    ("instrument.unknown", DEBITS, "<Cd>CORE</Cd>", "<Cd>COR1</Cd>", "/Document/CstmrDrctDbtInitn/PmtInf/PmtTpInf/LclInstrm/Cd"),
    ("sequence.unknown", DEBITS, "<SeqTp>RCUR</SeqTp>", "<SeqTp>ALL</SeqTp>", "/Document/CstmrDrctDbtInitn/PmtInf/PmtTpInf/SeqTp"),
    ("sequence.unknown", DEBITS, "<SeqTp>RCUR</SeqTp>", "", "/Document/CstmrDrctDbtInitn/PmtInf"),
    ("creditor_id.invalid", DEBITS, "DE98ZZZ09999999999", "DE89ZZZ09999999999", "/Document/CstmrDrctDbtInitn/PmtInf/CdtrSchmeId/Id/PrvtId/Othr/Id"),
    ("creditor_id.missing", DEBITS, "<Prtry>SEPA</Prtry>", "<Prtry>OTHER</Prtry>", "/Document/CstmrDrctDbtInitn/PmtInf/CdtrSchmeId"),
    ("mandate.form", DEBITS, "M-2026-000001", "M 2026 000001", f"{DD}/DrctDbtTx/MndtRltdInf/MndtId"),
    ("mandate.missing", DEBITS, "<DtOfSgntr>2026-03-01</DtOfSgntr>", "", DD),
    ("mandate.signed_later", DEBITS, "<DtOfSgntr>2026-03-01<", "<DtOfSgntr>2026-11-24<", f"{DD}/DrctDbtTx/MndtRltdInf/DtOfSgntr"),
    ("collection.too_early", DEBITS, "2026-11-24</ReqdColltnDt>", "2026-11-23</ReqdColltnDt>", "/Document/CstmrDrctDbtInitn/PmtInf/ReqdColltnDt"),
    ("collection.no_business_day", DEBITS, "2026-11-24</ReqdColltnDt>", "2026-12-25</ReqdColltnDt>", "/Document/CstmrDrctDbtInitn/PmtInf/ReqdColltnDt"),
    ("mandate.repeated", DEBITS.replace("RCUR", "OOFF"), "M-2026-000002", "M-2026-000001", "/Document/CstmrDrctDbtInitn/PmtInf/DrctDbtTxInf[2]/DrctDbtTx/MndtRltdInf/MndtId"),
    ("debtor.no_address", without_addresses(DEBITS), "DE89370400440532013000", "CH9300762011623852957", DD),
    ("message.version", REVERSALS, "pain.007.001.09", "pain.007.001.02", "/Document"),
    ("id.form", REVERSALS, "RV-E2E-000001", "RV//E2E-000001", f"{RT}/RvslId"),
    ("count.message", REVERSALS, "<NbOfTxs>2<", "<NbOfTxs>3<", f"{RV}/GrpHdr/NbOfTxs"),
    ("sum.message", REVERSALS, "<CtrlSum>99.80<", "<CtrlSum>99.81<", f"{RV}/GrpHdr/CtrlSum"),
    ("charset", REVERSALS, "Anna Weber", "Anna Wéber", f"{RT}/OrgnlTxRef/Dbtr/Pty/Nm"),
    ("amount.not_euro", REVERSALS, 'RvsdInstdAmt Ccy="EUR"', 'RvsdInstdAmt Ccy="CHF"', f"{RT}/RvsdInstdAmt"),
    ("account.not_iban", REVERSALS, "DE89370400440532013000", "DE98370400440532013000", f"{RT}/OrgnlTxRef/DbtrAcct/Id/IBAN"),
    ("end_to_end.missing", REVERSALS, "<OrgnlEndToEndId>E2E-000001<", "<OrgnlEndToEndId>NOTPROVIDED<", f"{RT}/OrgnlEndToEndId"),
    ("end_to_end.repeated", REVERSALS, "<OrgnlEndToEndId>E2E-000002<", "<OrgnlEndToEndId>E2E-000001<", f"{RV}/OrgnlPmtInfAndRvsl/TxInf[2]/OrgnlEndToEndId"),
    ("charges.not_shared", REVERSALS, "SLEV", "SHAR", f"{RT}/ChrgBr"),
    ("creditor_id.invalid", REVERSALS, "DE98ZZZ09999999999", "DE89ZZZ09999999999", f"{RT}/OrgnlTxRef/CdtrSchmeId/Id/PrvtId/Othr/Id"),
    ("mandate.missing", REVERSALS, "<DtOfSgntr>2026-03-01</DtOfSgntr>", "", f"{RT}/OrgnlTxRef"),
    ("sequence.unknown", REVERSALS, "<SeqTp>RCUR</SeqTp>", "<SeqTp>ALL</SeqTp>", f"{RT}/OrgnlTxRef/PmtTpInf/SeqTp"),
    ("reversal.original", REVERSALS, "pain.008.001.08", "pain.001.001.09", f"{RV}/OrgnlGrpInf/OrgnlMsgNmId"),
    ("reversal.original", REVERSALS, "<ReqdColltnDt>2026-11-24</ReqdColltnDt>", "", f"{RT}/OrgnlTxRef"),
    ("reversal.group", REVERSALS, "<InitgPty>", "<GrpRvsl>true</GrpRvsl><InitgPty>", f"{RV}/GrpHdr/GrpRvsl"),
    ("reversal.group", REVERSALS, "<TxInf>", "<PmtInfRvsl>1</PmtInfRvsl><TxInf>", f"{RV}/OrgnlPmtInfAndRvsl/PmtInfRvsl"),
    ("reversal.amount", REVERSALS, '>49.90</RvsdInstdAmt>', '>49.89</RvsdInstdAmt>', f"{RT}/RvsdInstdAmt"),
    ("reversal.reason", REVERSALS, "<Cd>MS02</Cd>", "<Cd>CUST</Cd>", f"{RT}/RvslRsnInf/Rsn/Cd"),
    ("reversal.too_late", REVERSALS, "2026-11-26T09:30:00+00:00", "2026-12-01T23:30:00+00:00", f"{RT}/OrgnlTxRef/ReqdColltnDt"),
]  # fmt: skip
# A change of one figure breaks another as well: a group's sum is part of the message's.
FOLLOWING = {
    "amount.decimals": {"sum.group", "sum.message"},
    "amount.too_small": {"sum.group", "sum.message"},
    "amount.too_large": {"sum.group", "sum.message"},
    "message.version": set(),
    "id.repeated": {"id.repeated"},
    "amount.not_euro": {"reversal.amount"},
    "reversal.amount": {"sum.message"},
}


@pytest.mark.parametrize(
    ("code", "message", "old", "new", "path"), BREACHES, ids=[f"{number}-{row[0]}" for number, row in enumerate(BREACHES)]
)
def test_every_prepared_breach_is_flagged_with_its_place(code, message, old, new, path):
    at = message.index(old, message.index("<CdtTrfTxInf>")) if path.startswith(TX) else message.index(old)
    changed = message[:at] + new + message[at + len(old) :]
    report = checking.check(changed.encode())
    assert code in scheme.RULES
    found = [breach for breach in report.breaches if breach.code == code]
    assert found
    assert (found[0].path, found[0].message) == (path, scheme.RULES[code])
    lines = changed.splitlines()
    name = path.rsplit("/", 1)[1].split("[")[0]
    assert f"<{name}" in lines[found[0].line - 1]
    assert {breach.code for breach in report.breaches} - {code, checking.SCHEMA} <= FOLLOWING.get(code, set())


def test_every_rule_has_a_prepared_breach():
    elsewhere = {"payee.not_confirmed"}
    assert {row[0] for row in BREACHES} == set(scheme.RULES) - elsewhere
    assert len({row[0] for row in BREACHES}) > 20


@pytest.mark.parametrize("message", [TRANSFERS, DEBITS])
def test_a_good_message_has_no_breach(message):
    report = checking.check(message.encode())
    assert report.breaches == ()
    assert report.schema == report.message


def test_a_good_reversal_has_no_breach_and_there_is_no_schema_of_its_version():
    report = checking.check(REVERSALS.encode())
    assert (report.breaches, report.schema, report.count, report.total) == ((), "", 2, Decimal("99.80"))


def test_a_collection_is_reversed_until_the_fifth_business_day_after_it_was_due():
    def late(at):
        return {breach.code for breach in checking.check(REVERSALS.replace("2026-11-26T09:30:00+00:00", at).encode()).breaches}

    # Due on Tuesday 24 November; midnight of Brussels ends the fifth day, a Tuesday.
    assert late("2026-12-01T22:59:59+00:00") == set()
    assert late("2026-12-01T23:00:00+00:00") == {"reversal.too_late"}


def test_totals_are_those_of_the_payments_not_of_the_header():
    report = checking.check(TRANSFERS.replace("<NbOfTxs>3<", "<NbOfTxs>7<").encode())
    assert (report.count, report.total) == (3, Decimal("37.50"))


def test_the_end_of_the_calendar_is_no_mishap():
    last = DEBITS.replace("2026-11-23T09:30:00+00:00", "9999-12-31T23:59:59Z").replace(
        "2026-11-24</ReqdColltnDt>", "9999-12-31</ReqdColltnDt>"
    )
    assert [breach.code for breach in checking.check(last.encode()).breaches] == ["collection.too_early"]


def changed(content, dice):
    """The message with some elements removed, doubled, renamed or filled with rubbish."""
    root = etree.fromstring(content.encode())
    elements = list(root.iter(etree.Element))
    for element in dice.sample(elements, dice.randint(1, 4)):
        parent = element.getparent()
        kind = dice.choice(["remove", "double", "rename", "fill"])
        if kind == "remove" and parent is not None:
            parent.remove(element)
        elif kind == "double" and parent is not None:
            parent.append(copy.deepcopy(element))
        elif kind == "rename":
            element.tag = dice.choice(elements).tag
        else:
            element.text = dice.choice(
                ["", " ", "x", "-1", "1e5", "NaN", "2026-13-01", "9" * 50, "é", "9999-12-31T23:59:59-14:00", "٣"]
            )
    return etree.tostring(root)


@pytest.mark.parametrize("message", [TRANSFERS, DEBITS, REVERSALS])
def test_whatever_is_damaged_is_told_and_nothing_stumbles(message):
    dice, read, refused = random.Random(20022), 0, 0
    official = xml.schema(xml.name_of(xml.read(message.encode())))
    schema = etree.XMLSchema(etree.parse(official.path)) if official else None
    for _ in range(300):
        content = changed(message, dice)
        try:
            report = checking.check(content)
        except UnknownMessage:
            refused += 1
            continue
        read += 1
        is_wrong = schema is not None and not schema.validate(etree.fromstring(content))
        assert (checking.SCHEMA in {breach.code for breach in report.breaches}) is is_wrong
    assert refused < read


def test_other_documents_are_refused():
    for content in (b"<a/>", b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><A/></Document>'):
        with pytest.raises(UnknownMessage):
            checking.check(content)
    with pytest.raises(xml.UnsafeXml):
        checking.check(b"<!DOCTYPE a><a/>")


def other_program(address, **payment):
    """A message made by sepaxml."""
    made = sepaxml.SepaTransfer(
        {
            "name": "Flowlet Payments SA",
            "IBAN": "BE68539007547034",
            "BIC": "KREDBEBB",
            "batch": True,
            "currency": "EUR",
            "address": address,
        },
        schema="pain.001.001.09",
        clean=False,
    )
    made.add_payment(
        {
            "name": "Anna Weber",
            "IBAN": "DE89370400440532013000",
            "BIC": "COBADEFFXXX",
            "amount": 1250,
            "execution_date": date(2099, 1, 2),
            "description": "Invoice 1",
            **payment,
        }
    )
    return made.export(validate=False)


def test_a_message_of_another_program_that_is_valid_xml_still_breaks_the_scheme():
    report = checking.check(other_program({"country": "BE", "lines": ["Rue du Marais 12", "1000 Brussels"]}))
    assert {breach.code for breach in report.breaches} >= {"address.unstructured", "end_to_end.missing"}
    assert checking.SCHEMA not in {breach.code for breach in report.breaches}
    assert (report.count, report.total) == (1, Decimal("12.50"))


def test_a_good_message_of_another_program_is_accepted():
    content = other_program({"country": "BE", "town": "Brussels"}, endtoend_id="E2E-1")
    assert [breach.code for breach in checking.check(content).breaches] == []


def test_the_banks_own_sample_of_2017_breaks_todays_rules(iso20022_data):
    report = checking.check((iso20022_data / "samples" / "sepa_payment_naujas_1.xml").read_bytes())
    assert (report.message, report.schema, report.count, report.total) == (
        "pain.001.001.03",
        "pain.001.001.03",
        1,
        Decimal("99.99"),
    )
    assert [breach.code for breach in report.breaches] == [
        "message.version",
        "account.not_iban",
        "address.unstructured",
        "account.not_iban",
    ]


def test_time_zones_count_for_the_cut_off():
    terms = scheme.Terms(zone="America/New_York")
    assert scheme.earliest_collection(at=datetime(2026, 11, 23, 19, 0, tzinfo=UTC), terms=terms) == date(2026, 11, 24)


def test_transliteration_says_what_it_changed():
    latin = charset.to_latin("Zoë Müller & Søn, Αθήνα, София; 5€")
    assert latin.text == "Zoe Muller + Son, Athina, Sofiya, 5E"
    assert latin.changes[:2] == (charset.Change(2, "ë", "e"), charset.Change(5, "ü", "u"))
    assert charset.TEXT.fullmatch(latin.text)
    assert charset.to_latin("Anna Weber") == charset.Latin("Anna Weber")
    assert charset.to_latin("王").text == "."
    assert charset.to_latin("ﬁ½").text == "fi1/2"
    assert charset.to_latin("e\u0301").changes == (charset.Change(0, "é", "e"),)


def test_every_letter_can_be_written():
    letters = [chr(code) for code in (*range(32, 0x2500), 0x1F600, 0xFB01, 0x4E00)]
    assert [letter for letter in letters if not charset.TEXT.fullmatch(charset.to_latin(f"a{letter}b").text)] == []
