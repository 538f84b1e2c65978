"""Every rule above the schema: how bad its breach is, where it comes from, and the sentence that a form shows."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """What FinCEN does about it."""

    REJECTED = "REJECTED"  # the file is rejected as a whole
    WARNED = "WARNED"  # the report is accepted with a warning and has to be amended
    ADVISED = "ADVISED"  # nothing; we ask


class Source(StrEnum):
    """Where a rule comes from. UNVERIFIED ones are what public filers do; the text of FinCEN's guide was not at hand for them."""

    SCHEMA = "SCHEMA"
    GUIDE = "GUIDE"  # FinCEN's XML user guides (SAR 1.6, CTR 1.8), as far as they could be read, and its acknowledgements
    OURS = "OURS"
    UNVERIFIED = "UNVERIFIED"


R, W, A = Severity.REJECTED, Severity.WARNED, Severity.ADVISED
S, G, O, U = Source.SCHEMA, Source.GUIDE, Source.OURS, Source.UNVERIFIED  # noqa: E741
RULES: Final[dict[str, tuple[Severity, Source, str]]] = {
    "text.too_long": (R, S, "The text is longer than the form takes."),
    "filing.prior_missing": (R, G, "Give the BSA ID of the report before: 14 digits, or 14 zeros where nobody knows it."),
    "filing.prior_unwanted": (R, G, "A first report has no BSA ID of a report before."),
    "filing.prior_form": (R, G, "A BSA ID has 14 digits."),
    "filing.type": (R, U, "The report is either a first one, or it corrects or continues another."),
    "transmitter.name": (R, U, "The transmitter has a name."),
    "transmitter.contact": (R, U, "Name the person who is to be asked about the file."),
    "transmitter.tin": (R, U, "The transmitter has a taxpayer identification number."),
    "transmitter.control_code": (R, U, "The transmitter has a control code of eight characters from FinCEN."),
    "office.name": (R, U, "Name the office that answers questions about the report."),
    "office.phone": (R, U, "Give the telephone number of the office that answers questions."),
    "institution.name": (R, U, "The institution has a legal name."),
    "institution.tin": (R, U, "The institution has a taxpayer identification number."),
    "institution.type": (R, U, "Say what type of institution it is."),
    "institution.subtype": (R, S, "The subtype is not one of the type, or the form does not have it."),
    "institution.other": (R, U, "Describe the other type of institution, and only that."),
    "institution.regulator": (R, S, "The form does not have this regulator."),
    "institution.register": (R, S, "The form does not have numbers of this register."),
    "location.missing": (R, S, "Name at least one institution where it happened."),
    "location.too_many": (R, S, "The form takes fewer institutions."),
    "address.part_missing": (W, G, "This part of the address is missing, and is not said to be unknown."),
    "address.country": (R, U, "Give the country as an ISO 3166-1 alpha-2 code in capitals."),
    "address.state_missing": (
        W,
        G,
        "In the United States, its territories, Canada and Mexico give the state, or say that it is unknown.",
    ),
    "address.state_unwanted": (W, G, "Only addresses in the United States, its territories, Canada and Mexico have a state."),
    "address.state_code": (W, U, "This is no code of a state of the country."),
    "address.postcode": (W, G, "A ZIP code of the United States has five or nine digits, without a hyphen."),
    "address.too_many": (R, S, "The form takes fewer addresses."),
    "phone.form": (W, U, "A telephone number has digits only."),
    "tin.form": (W, G, "The number has nine digits, which are not all the same and not 123456789."),
    "person.missing": (R, S, "Name at least one."),
    "person.too_many": (R, S, "The form takes fewer."),
    "person.last_name": (W, G, "Give the last name, or the entity's legal name, or say that it is unknown."),
    "person.first_name": (W, G, "Give the first name, or say that it is unknown."),
    "person.entity": (W, U, "An entity has no first name, gender or day of birth."),
    "person.birth_date_missing": (W, U, "Give the day of birth, or say that it is unknown."),
    "person.birth_date": (R, S, "This is no day of birth: years are from 1900 on, and not after the report."),
    "person.address_missing": (W, U, "Give an address, or say of which parts nothing is known."),
    "person.tax_id_missing": (W, U, "Give a taxpayer identification number, or say that it is unknown."),
    "person.proof_missing": (W, U, "Give a form of identification, or say that there was none."),
    "person.proof_number": (W, U, "A form of identification has a number."),
    "person.proof_issuer": (
        W,
        U,
        "Say which country issued the identification, and for the United States which state a driving licence.",
    ),
    "person.proof_other": (W, U, "Describe the other form of identification, and only that."),
}
RULES |= {
    "subject.unknown": (
        R,
        U,
        "Of a subject of whom nothing is known, nothing else is said: take the mark off, or what is known.",
    ),
    "subject.accounts_missing": (W, U, "Name the accounts that are affected, or say that none is known."),
    "subject.relationship": (W, U, "A subject without a relationship to the institution has no other one to it."),
    "subject.relationship_other": (W, U, "Describe the other relationship, and only that."),
    "subject.status": (W, U, "Of directors, employees, officers and owners say whether the relationship goes on; of others not."),
    "subject.status_day": (W, U, "Give the day on which the relationship ended."),
    "activity.classification_missing": (R, S, "Say what kind of activity it was."),
    "activity.classification_unknown": (R, S, "The form does not have this kind of activity."),
    "activity.classification_repeated": (R, S, "A kind of activity is named once."),
    "activity.classification_other": (R, U, "Describe the other kind of activity, and only that."),
    "activity.amount": (R, U, "Give the amount, or say that it is unknown or that none was involved."),
    "activity.amount_too_large": (R, S, "An amount has at most 15 digits."),
    "activity.period": (R, U, "The activity does not end before it begins, nor begin after the report."),
    "activity.cumulative_missing": (W, U, "A report of continuing activity has the amount of all reports so far."),
    "activity.cumulative_unwanted": (W, U, "Only a report of continuing activity has an amount of all reports so far."),
    "activity.cumulative_too_small": (W, O, "The amount of all reports so far is less than that of this report."),
    "activity.asset_unknown": (R, S, "The form does not have this product or instrument."),
    "activity.asset_repeated": (R, S, "A product or instrument is named once."),
    "activity.asset_other": (R, U, "Describe the other product or instrument, and only that."),
    "activity.ip_address": (W, O, "This is no IP address."),
    "activity.cyber_other": (R, U, "Describe the other indicator, and only that."),
    "activity.too_many": (R, S, "The form takes fewer."),
    "narrative.missing": (R, S, "Tell what happened."),
    "narrative.too_long": (R, S, "The narrative has at most 17,000 characters."),
    "narrative.short": (A, O, "Tell who, what, when, where, why and how: this is too short to say it."),
    "attachment.form": (W, U, "An attachment is one file of comma-separated values, named .csv."),
}
RULES |= {
    "cash.line_missing": (R, S, "Say how the cash came or went."),
    "cash.line_unknown": (R, S, "The form does not have this kind of transaction."),
    "cash.line_other": (R, U, "Describe the other kind of transaction, and only that."),
    "cash.line_country": (R, U, "Foreign currency has its country, and only that."),
    "cash.line_amount": (R, U, "The amount of a line is more than nothing."),
    "cash.line_repeated": (W, U, "A kind of transaction stands in one line, foreign currency in one per country."),
    "cash.too_many": (R, S, "The form takes fewer lines."),
    "cash.too_large": (R, S, "An amount has at most 15 digits."),
    "cash.below_threshold": (A, O, "Neither the cash in nor the cash out is more than 10,000 dollars."),
    "cash.location": (W, U, "The amounts of the institutions do not add up to the total."),
    "cash.person": (
        W,
        U,
        "Somebody has cash in where there is a total of it, and cash out likewise; nobody has more than the total.",
    ),
    "person.nobody_for": (W, U, "Who brings or takes cash for another does so for somebody: name that person."),
    "person.another_name": (
        R,
        S,
        "The form takes one other name, one address, one telephone, one e-mail and one form of identification.",
    ),
    "person.conductor_entity": (W, U, "Cash is brought or taken by a person, not by an entity."),
    "transaction.day": (R, U, "The transaction does not lie after the report."),
}


@dataclass(frozen=True)
class Gap:
    """One thing that is missing or wrong.

    ``where`` is its place in the report (``subjects[1].name``), ``item`` that in the form (``4``, ``Part III``).
    """

    code: str
    where: str
    item: str
    message: str
    severity: Severity
    source: Source

    @property
    def is_fatal(self) -> bool:
        """Whether FinCEN would reject the file."""
        return self.severity is Severity.REJECTED

    def as_dict(self) -> dict[str, str]:
        """For forms and refusals."""
        return {name: str(value) for name, value in asdict(self).items()}
