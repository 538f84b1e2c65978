"""What each kind of external account is made of, and what its bank may correct."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from flowlet.core import countries
from flowlet.core.errors import Invalid
from payments import errors
from payments.choices import AccountType, ExternalAccountKind
from payments.models import ExternalAccount
from payments.models.account_details import AccountDetails, tail_of
from payments.policies import account_numbers as numbers

# What each kind of account is made of; the first group has to be given.
NEEDS: Final = {
    ExternalAccountKind.US_BANK: ("routing_number", "account_number", "account_type"),
    ExternalAccountKind.IBAN: ("iban",),
    ExternalAccountKind.CARD: ("card_token",),
}
TAKES: Final = {
    ExternalAccountKind.US_BANK: ("bank_name",),
    ExternalAccountKind.IBAN: ("bic", "bank_name"),
    ExternalAccountKind.CARD: ("card_brand", "card_last_four", "card_expires", "country"),
}


def read(account: ExternalAccount, values: Mapping[str, Any], *, today: date) -> str:
    """Check the values of the account's kind and put the readable ones on it; answers its number."""
    kind = ExternalAccountKind(account.kind)
    given = {name: value for name, value in values.items() if value not in (None, "")}
    for name in given:
        if name not in NEEDS[kind] and name not in TAKES[kind]:
            raise errors.FieldNotForKind(f"{kind.label}: there is no {str(name)[:40]}.", param=str(name)[:40])
    for name in NEEDS[kind]:
        if name not in given:
            raise errors.FieldMissing(f"{kind.label}: {name} is needed.", param=name)
    bank_name = numbers.line(given.get("bank_name"), most=140, param="bank_name")
    if kind == ExternalAccountKind.US_BANK:
        if account.currency != "USD":
            raise errors.CurrencyNotForKind(param="currency")
        if given["account_type"] not in AccountType.values:
            raise Invalid(f"Use {' or '.join(AccountType.values)}.", param="account_type")
        account.routing_number = numbers.routing_number(given["routing_number"])
        account.account_type, account.country, account.bank_name = given["account_type"], "US", bank_name
        number = numbers.account_number(given["account_number"])
        account.last_four = tail_of(number)
        return number
    if kind == ExternalAccountKind.IBAN:
        iban = numbers.iban(given["iban"])
        account.country = iban.country
        account.bic = numbers.bic(given["bic"], iban=iban.number) if "bic" in given else iban.bic
        account.bank_name, account.last_four = bank_name or iban.bank_name, tail_of(iban.number)
        return iban.number
    account.card_brand = numbers.line(given.get("card_brand"), most=32, param="card_brand")
    if "card_last_four" in given:
        account.last_four = given["card_last_four"]
        if not isinstance(account.last_four, str) or not (len(account.last_four) == 4 and account.last_four.isdecimal()):
            raise errors.MalformedCardToken("The end of a card's number is four digits.", param="card_last_four")
    if "card_expires" in given:
        account.card_expires_on = numbers.card_month(given["card_expires"], today=today)
    if "country" in given:
        account.country = countries.check(given["country"])
    return numbers.card_token(given["card_token"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a bank says is right, from a notification of change; "" leaves a value as it is. ``code`` is the notification's, C01."""

    code: str
    routing_number: str = ""
    account_number: str = ""
    account_type: str = ""
    owner_name: str = ""
    iban: str = ""
    bic: str = ""


def corrected(account: ExternalAccount, old: AccountDetails, correction: Correction) -> AccountDetails:
    """The details after the correction; the account's own columns are changed in place."""
    wanted = {name: getattr(correction, name) for name in ("routing_number", "account_number", "account_type", "iban", "bic")}
    kind = ExternalAccountKind(account.kind)
    for name, value in wanted.items():
        if value and name not in (*NEEDS[kind], *TAKES[kind]):
            raise errors.CorrectionRefused(f"{kind.label}: there is no {name}.", param=name)
    new = old
    try:
        if correction.owner_name:
            new = replace(new, owner_name=numbers.owner_name(correction.owner_name))
        if correction.account_number:
            new = replace(new, number=numbers.account_number(correction.account_number))
        if correction.routing_number:
            account.routing_number = numbers.routing_number(correction.routing_number)
        if correction.iban:
            iban = numbers.iban(correction.iban)
            new = replace(new, number=iban.number)
            account.country, account.bic = iban.country, iban.bic
        if correction.bic:
            account.bic = numbers.bic(correction.bic, iban=new.number)
    except Invalid as refusal:
        raise errors.CorrectionRefused(refusal.message, param=refusal.param) from None
    if correction.account_type:
        if correction.account_type not in AccountType.values:
            raise errors.CorrectionRefused(f"Use {' or '.join(AccountType.values)}.", param="account_type")
        account.account_type = correction.account_type
    if new.number != old.number:
        account.last_four = tail_of(new.number)
    return new
