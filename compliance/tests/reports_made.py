"""Reports for tests: one that is complete, and any number of varied ones from a seed."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from moneyed import Money

from compliance.providers.fincen import codes, ctr, sar
from compliance.providers.fincen.codes import (
    CyberIndicator,
    InstitutionId,
    InstitutionType,
    LocationRole,
    PartyRole,
    PhoneKind,
    ProofKind,
    Regulator,
    Relationship,
    RelationshipStatus,
    SubjectRole,
    TaxIdKind,
)
from compliance.providers.fincen.geography import STATES
from compliance.providers.fincen.parts import (
    NOWHERE_KNOWN,
    UNKNOWN_BSA_ID,
    Address,
    AddressPart,
    BirthDate,
    ContactOffice,
    Gender,
    Institution,
    InstitutionKind,
    PersonName,
    Phone,
    Proof,
    TaxId,
    Transmitter,
)

FILED = date(2026, 11, 20)
HOME = Address(street="1 Main Street", city="Vienna", state="VA", postcode="22102", country="US")
TRANSMITTER = Transmitter(
    name="Flowlet Demo Inc.",
    address=HOME,
    phone=Phone(number="7035550100"),
    tin="471234560",
    control_code="PTST1234",
    contact_name="Dana Reyes",
)
OFFICE = ContactOffice(name="Financial Intelligence", phone=Phone(number="7035550101", extension="42"))
BANK = Institution(
    name="First Example Bank",
    address=HOME,
    tax_id=TaxId("471234560"),
    regulator=Regulator.OCC,
    kinds=(InstitutionKind(type=InstitutionType.DEPOSITORY),),
    register=InstitutionId.RSSD,
    register_id="1234567",
)
STORY = (
    "Between 1 and 9 October 2026 Marta Lind received eleven transfers of 900 to 980 dollars from eleven senders who have nothing to do with one "
    "another, and on each of these days sent what had come in to an account abroad within the hour. She told us that these were sales of furniture, "
    "and could show neither goods nor buyers."
)


def dollars(amount):
    return Money(Decimal(str(amount)), "USD")


MARTA = sar.Subject(
    name=PersonName(last="Lind", first="Marta"),
    gender=Gender.FEMALE,
    born=BirthDate(1988, 4, 2),
    addresses=(HOME,),
    phones=(Phone(number="7035550188", kind=PhoneKind.MOBILE),),
    tax_id=TaxId("512345671", TaxIdKind.SSN_ITIN),
    proofs=(Proof(kind=ProofKind.PASSPORT, number="L898902C3", country="SE"),),
    role=SubjectRole.PAYEE_OR_RECEIVER,
    relationships=(sar.SubjectRelationship(institution_tin="471234560", kinds=frozenset({Relationship.CUSTOMER})),),
    accounts=(sar.HeldAccounts(institution_tin="471234560", numbers=("9900112233",)),),
)
SAR = sar.Report(
    reference="rpt_1",
    filing=frozenset({sar.FilingType.INITIAL}),
    filed_on=FILED,
    institution=BANK,
    contact_office=OFFICE,
    locations=(sar.Location(institution=BANK, role=LocationRole.BOTH),),
    subjects=(MARTA,),
    activity=sar.Activity(
        since=date(2026, 10, 1),
        to=date(2026, 10, 9),
        amount=dollars("10340.25"),
        classifications=(sar.Classification(824), sar.Classification(809)),
        assets=(sar.Asset(33),),
    ),
    narrative=STORY,
)
CTR = ctr.Report(
    reference="rpt_2",
    filing=ctr.FilingType.INITIAL,
    filed_on=FILED,
    transacted_on=date(2026, 11, 12),
    institution=BANK,
    contact_office=OFFICE,
    locations=(ctr.Location(institution=BANK, cash_in=dollars("12000.50")),),
    persons=(
        ctr.Involved(
            role=PartyRole.OWN_BEHALF,
            name=PersonName(last="Lind", first="Marta"),
            born=BirthDate(1988, 4, 2),
            addresses=(HOME,),
            tax_id=TaxId("512345671", TaxIdKind.SSN_ITIN),
            proofs=(Proof(kind=ProofKind.DRIVING_LICENCE, number="T64235789", country="US", state="VA"),),
            cash_in=dollars("12000.50"),
            accounts_in=("9900112233",),
        ),
    ),
    details=(ctr.Detail(code=55, amount=dollars("12000.50")),),
)

FIRST = ["Marta", "Jóhann", "Li", "Siobhán", "Nguyễn", "Ana-María", "Owen", "Zoë", "Kwame", "Ivan"]
LAST = ["Lind", "O'Connor", "van der Berg", "Müller", "Núñez", "Smith & Wesson", "Sørensen", "D’Arc", "Łukasz", "Ibrahim"]
FIRMS = ["Ängby Möbler AB", "Acme <Trading> LLC", "“Quoted” Ltd", "R&D Holdings", "Zebra 24/7 GmbH"]
WORDS = STORY.split()


class Maker:
    """Varied reports, the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def often(self, share=0.5):
        return self.random.random() < share

    def digits(self, count):
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def tin(self):
        return "5" + self.digits(7) + self.random.choice("1234")

    def address(self):
        country = self.random.choice(["US", "US", "CA", "MX", "PR", "DE", "SE", "CN", "GB"])
        if self.often(0.1):
            return NOWHERE_KNOWN
        state = self.random.choice(sorted(STATES[country])) if country in STATES else ""
        whole = Address(
            street=f"{self.random.randint(1, 999)} {self.random.choice(['Hauptstraße', 'Main St.', 'Rue de l’Église', '5th Ave #2'])}",
            city=self.random.choice(["Vienna", "København", "Guadalajara", "St. John's"]),
            state=state,
            postcode=self.digits(self.random.choice([5, 9])) if country in ("US", "PR") else self.digits(6),
            country=country,
        )
        if self.often(0.2):
            parts = {"street": "", "postcode": "", "state": ""} if country in STATES else {"street": "", "postcode": ""}
            return self.cut(whole, parts)
        return whole

    def cut(self, address, parts):
        kept = {part.value: getattr(address, part) for part in AddressPart if part not in parts}
        return Address(**kept, unknown=frozenset(AddressPart(part) for part in parts))

    def person(self, kind, **more):
        is_entity = self.often(0.3)
        values = {
            "is_entity": is_entity,
            "name": PersonName(last=self.random.choice(FIRMS))
            if is_entity
            else PersonName(
                last=self.random.choice(LAST),
                first=self.random.choice(FIRST),
                middle=self.random.choice(["", "Q.", "Maria Elena"]),
                suffix=self.random.choice(["", "Jr.", "III"]),
            ),
            "addresses": (self.address(),),
            "occupation": self.random.choice(["", "Furniture trade", "Student"]),
            "naics": self.random.choice(["", "4232"]),
            "emails": ("someone@example.com",) if self.often() else (),
        }
        values |= (
            {"tax_id": TaxId(self.tin(), self.random.choice(list(TaxIdKind)))} if self.often(0.8) else {"is_tax_id_unknown": True}
        )
        if not is_entity:
            values |= {"is_proof_unknown": True} if self.often(0.2) else {"proofs": (self.proof(),)}
            values |= {"gender": self.random.choice([None, *Gender])}
            born = BirthDate(self.random.randint(1920, 2008), self.random.choice([0, 7]), 0)
            values |= (
                {"is_birth_date_unknown": True}
                if self.often(0.2)
                else {"born": born if self.often(0.2) else BirthDate(born.year, 7, 31)}
            )
        return kind(**(values | more))

    def proof(self):
        kind = self.random.choice(list(ProofKind))
        state = "VA" if kind is ProofKind.DRIVING_LICENCE else ""
        other = "Student card" if kind is ProofKind.OTHER else ""
        return Proof(kind=kind, number=self.digits(9), country="US" if state else "SE", state=state, other_kind=other)

    def institution(self, *, for_ctr=False):
        kind = self.random.choice(
            [
                InstitutionKind(type=InstitutionType.DEPOSITORY),
                InstitutionKind(type=InstitutionType.MSB),
                InstitutionKind(type=InstitutionType.CASINO, subtype=101),
                InstitutionKind(type=InstitutionType.CASINO, subtype=1999, other_subtype="Riverboat"),
                InstitutionKind(type=InstitutionType.OTHER, other_type="Prepaid programme"),
            ]
        )
        return Institution(
            name=self.random.choice(FIRMS),
            doing_business_as=self.random.choice(["", "Wallets & Co."]),
            address=HOME,
            tax_id=TaxId(self.tin()),
            regulator=self.random.choice(
                [Regulator.OCC, Regulator.FDIC, Regulator.IRS, Regulator.UNKNOWN if for_ctr else Regulator.NOT_APPLICABLE]
            ),
            kinds=(kind,),
            register=InstitutionId.RSSD,
            register_id=self.digits(7),
            control_number="" if for_ctr else self.random.choice(["", "case-77"]),
        )

    def narrative(self):
        length = self.random.choice([300, 3000, 4200, 9000, 16900])
        text = ""
        while len(text) < length:
            text += self.random.choice(WORDS) + self.random.choice([" ", " ", " ", "\n", "\t", "  "])
        return text[:length].strip()

    def subject(self):
        if self.often(0.15):
            return sar.Subject(is_unknown=True, has_no_known_account=True)
        insider = self.often(0.15)
        relationship = sar.SubjectRelationship(
            institution_tin=self.tin(),
            kinds=frozenset({Relationship.EMPLOYEE, Relationship.CUSTOMER})
            if insider
            else frozenset({self.random.choice([Relationship.CUSTOMER, Relationship.NONE, Relationship.AGENT])}),
            status=RelationshipStatus.SUSPENDED if insider else None,
            ended_on=date(2026, 10, 30) if insider else None,
        )
        accounts = sar.HeldAccounts(
            institution_tin=self.tin(),
            numbers=("77" + self.digits(8), "88" + self.digits(8)),
            closed=frozenset(),
            is_foreign=self.often(0.2),
        )
        has_accounts = self.often(0.7)
        return self.person(
            sar.Subject,
            also_known_as=("M. L.", "Mattan")[: self.random.randint(0, 2)],
            phones=(Phone(number=self.digits(10), kind=self.random.choice(list(PhoneKind))),) if self.often() else (),
            websites=("https://example.com/shop?a=1&b=2",) if self.often(0.2) else (),
            role=self.random.choice([None, *SubjectRole]),
            relationships=(relationship,),
            accounts=(accounts,) if has_accounts else (),
            has_no_known_account=not has_accounts,
            has_confessed=self.random.choice([None, True, False]),
        )

    def sar(self, number):
        kind = self.random.choice(
            [
                frozenset({sar.FilingType.INITIAL}),
                frozenset({sar.FilingType.AMENDMENT}),
                frozenset({sar.FilingType.CONTINUING}),
                frozenset({sar.FilingType.CONTINUING, sar.FilingType.AMENDMENT}),
            ]
        )
        is_first = sar.FilingType.INITIAL in kind
        amount_kind = self.random.choice([sar.AmountKind.KNOWN, sar.AmountKind.KNOWN, *sar.AmountKind])
        amount = dollars(self.random.randint(1, 10**9) / Decimal(100)) if amount_kind is sar.AmountKind.KNOWN else None
        subtypes = self.random.sample(sorted(codes.ACTIVITIES), self.random.randint(1, 6))
        assets = self.random.sample(sorted(codes.PRODUCTS | codes.INSTRUMENTS), self.random.randint(0, 4))
        since = date(2026, 9, 1) + timedelta(days=self.random.randint(0, 40))
        at = datetime(2026, 10, 2, 23, 30, tzinfo=UTC)
        return sar.Report(
            reference=f"rpt_{number}",
            filing=kind,
            is_joint=self.often(0.1),
            filed_on=FILED,
            prior_bsa_id="" if is_first else self.random.choice([UNKNOWN_BSA_ID, "31000055053784"]),
            note=self.random.choice(["", "FIN-2026-MULES"]),
            attachment=self.random.choice(["", "transactions.csv"]),
            institution=self.institution(),
            contact_office=OFFICE,
            law_enforcement=sar.LawEnforcement(
                agency="FBI", contact_name="Agent Doe", phone=Phone(number="2025550100"), contacted_on=date(2026, 11, 1)
            )
            if self.often(0.2)
            else None,
            locations=tuple(
                sar.Location(
                    institution=self.institution(),
                    branches=tuple(
                        sar.Branch(address=HOME, rssd=self.digits(6), role=LocationRole.PAYING)
                        for _ in range(self.random.randint(0, 2))
                    ),
                    role=self.random.choice([None, *LocationRole]),
                    loss=dollars("12.01") if self.often(0.2) else None,
                )
                for _ in range(self.random.randint(1, 3))
            ),
            subjects=tuple(self.subject() for _ in range(self.random.randint(1, 5))),
            activity=sar.Activity(
                since=since,
                to=since + timedelta(days=30) if self.often() else None,
                amount_kind=amount_kind,
                amount=amount,
                cumulative=dollars(10**8) if sar.FilingType.CONTINUING in kind else None,
                classifications=tuple(
                    sar.Classification(code, "Something else" if codes.is_other(code) else "") for code in subtypes
                ),
                assets=tuple(sar.Asset(code, "Something else" if code in codes.OTHER_ASSETS else "") for code in assets),
                ip_addresses=(sar.IpAddress(address="2001:db8::1", at=at), sar.IpAddress(address="192.0.2.7"))
                if self.often(0.3)
                else (),
                cyber_events=(sar.CyberEvent(kind=CyberIndicator.SUSPICIOUS_IP, value="192.0.2.7", at=at),)
                if self.often(0.2)
                else (),
            ),
            narrative=self.narrative(),
        )

    def ctr(self, number):
        kind = self.random.choice(list(ctr.FilingType))
        cash_in = self.random.sample(sorted(codes.CASH_IN), self.random.randint(0, 4))
        cash_out = self.random.sample(sorted(codes.CASH_OUT), self.random.randint(0 if cash_in else 1, 3))
        details = tuple(
            ctr.Detail(
                code=code,
                amount=dollars(self.random.randint(1_000_001, 9_000_000) / Decimal(100)),
                other="Something else" if code in codes.OTHER_CASH else "",
                country=self.random.choice(["CA", "MX", "SE"]) if code in (codes.FOREIGN_IN, codes.FOREIGN_OUT) else "",
            )
            for code in cash_in + cash_out
        )
        total_in = dollars(
            sum(
                detail.amount.amount.to_integral_value(rounding="ROUND_CEILING")
                for detail in details
                if detail.code in codes.CASH_IN
            )
        )
        total_out = dollars(
            sum(
                detail.amount.amount.to_integral_value(rounding="ROUND_CEILING")
                for detail in details
                if detail.code in codes.CASH_OUT
            )
        )
        cash = {"cash_in": total_in or None, "cash_out": total_out or None}
        with_conductor = self.often(0.4)
        persons = [
            self.person(
                ctr.Involved,
                role=PartyRole.BENEFICIARY if with_conductor else PartyRole.OWN_BEHALF,
                **cash,
                has_multiple_transactions=self.often(),
            )
        ]
        if not with_conductor:
            persons = [self.alone(persons[0])]
        if with_conductor:
            persons.append(self.alone(self.person(ctr.Involved, role=PartyRole.CONDUCTOR, **cash)))
        return ctr.Report(
            reference=f"rpt_{number}",
            filing=kind,
            filed_on=FILED,
            prior_bsa_id="" if kind is ctr.FilingType.INITIAL else self.random.choice([UNKNOWN_BSA_ID, "31000000000001"]),
            transacted_on=date(2026, 11, self.random.randint(1, 15)),
            institution=self.institution(for_ctr=True),
            contact_office=OFFICE,
            locations=(ctr.Location(institution=self.institution(for_ctr=True), **cash),),
            persons=tuple(persons),
            details=details,
            channels=frozenset(self.random.sample(list(ctr.Channel), self.random.randint(0, 3))),
        )

    def alone(self, person):
        """The same as a natural person: nobody else brings or takes cash."""
        while person.is_entity:
            person = self.person(ctr.Involved, role=person.role, cash_in=person.cash_in, cash_out=person.cash_out)
        return person


def sars(count, seed=1):
    maker = Maker(seed)
    return [maker.sar(number) for number in range(count)]


def ctrs(count, seed=1):
    maker = Maker(seed)
    return [maker.ctr(number) for number in range(count)]
