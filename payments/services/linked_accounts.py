"""The accounts behind a link to a customer's bank: added with the bank's own numbers, verified by the owner's name, doubted with the link.

What an aggregator says of a name is compared (``policies.names``) and recorded as an attempt by the method PLAID, whose sealed document
holds both names. An account whose numbers have changed at the bank is doubted, and the new numbers become an account of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from accounts.errors import PersonalDataErased
from accounts.models import Customer
from accounts.selectors import customers
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from payments import errors, events
from payments.choices import AccountType, ExternalAccountKind, ExternalAccountStatus, Relation, VerificationMethod
from payments.models import BankLink, ExternalAccount
from payments.models.account_details import fingerprint
from payments.policies import account_numbers, account_values, names
from payments.policies import bank_links as policies
from payments.providers.ports import AccountNumbers, AccountOwner
from payments.selectors import external_accounts as selectors
from payments.services import account_notices, external_accounts, verifications

METHOD = VerificationMethod.PLAID
MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One account as the aggregator has it, in the words of an external account."""

    link_account: str
    kind: ExternalAccountKind
    currency: str
    values: dict[str, Any] = field(repr=False)
    owners: tuple[str, ...] = field(repr=False)


def take_over(
    link: BankLink, numbers: AccountNumbers, owners: Sequence[AccountOwner], *, actor: Actor, at: datetime
) -> list[ExternalAccount]:
    """The customer has these accounts, each once, verified where a name fits. Safe to repeat; the link is locked by the caller.

    What cannot be an external account (wrong form, another kind) is passed over.
    """
    customer = Customer.objects.get(pk=link.customer_id)
    personal = customers.personal_of([customer])[customer.pk]
    if personal is None:
        raise PersonalDataErased()
    taken = []
    for found in list(_found(numbers, owners))[:MOST]:
        account = _account(link, found, personal.name, actor=actor, at=at)
        if account is not None:
            _judge(account, found, personal.name, reference=link.public_id, actor=actor, at=at)
            taken.append(account)
    return taken


def doubt_all(link: BankLink, reason: str, *, actor: Actor, at: datetime) -> int:
    """Nobody vouches any more for accounts that the link has verified: verify them again; answers how many. Safe to repeat."""
    rows = (
        ExternalAccount.objects.select_for_update(no_key=True).filter(bank_link=link, verification_method=METHOD).order_by("id")
    )
    return sum(doubt(account, reason, actor=actor, at=at) for account in rows)


def doubt(account: ExternalAccount, reason: str, *, actor: Actor, at: datetime) -> bool:
    """A verified, locked account has to be verified again; whether that is new."""
    if not account.is_verified or account.reverify_since is not None or account.status == ExternalAccountStatus.CLOSED:
        return False
    account.reverify_since, account.updated_at = at, at
    account.save(update_fields=["reverify_since", "updated_at"])
    account_notices.tell(
        events.REVERIFICATION_NEEDED, account, actor=actor, at=at, reason=reason, after={"reverify_since": at.isoformat()}
    )
    return True


def _found(numbers: AccountNumbers, owners: Sequence[AccountOwner]) -> Iterator[Found]:
    kinds = {account.id: (account.kind, account.subkind) for account in numbers.accounts}
    held_by = {owner.account_id: owner.names for owner in owners}
    for us in numbers.us:
        kind, subkind = kinds.get(us.account_id, ("", ""))
        account_type = subkind.upper()
        if kind == "depository" and account_type in AccountType.values:
            yield Found(
                link_account=us.account_id,
                kind=ExternalAccountKind.US_BANK,
                currency="USD",
                values={
                    "routing_number": us.routing_number,
                    "account_number": us.account_number,
                    "account_type": account_type,
                },
                owners=held_by.get(us.account_id, ()),
            )
    in_dollars = {us.account_id for us in numbers.us}
    for row in numbers.iban:
        if row.account_id in in_dollars or kinds.get(row.account_id, ("", ""))[0] != "depository":
            continue
        account = next(one for one in numbers.accounts if one.id == row.account_id)
        balance = account.current or account.available
        if balance is not None:
            yield Found(
                link_account=row.account_id,
                kind=ExternalAccountKind.IBAN,
                currency=balance.currency.code,
                values={"iban": row.iban, "bic": row.bic},
                owners=held_by.get(row.account_id, ()),
            )


def _account(link: BankLink, found: Found, customer_name: str, *, actor: Actor, at: datetime) -> ExternalAccount | None:
    """The locked external account of what was found, made where there is none, with its place in the link."""
    wanted = _fingerprint(found, at)
    known = ExternalAccount.objects.select_for_update(no_key=True).filter(bank_link=link, link_account=found.link_account)
    for account in known.exclude(status=ExternalAccountStatus.CLOSED):
        if account.fingerprint == wanted:
            return account
        doubt(account, "The bank has given the account other numbers", actor=actor, at=at)
        _place(account, None, "", at=at)
    if not wanted:
        return None
    twin = selectors.open_twin(customer_id=link.customer_id, fingerprint=wanted)
    if twin is None:
        try:
            twin = external_accounts.create(
                partner_id=link.partner_id,
                customer_id=link.customer_id,
                kind=found.kind,
                currency=found.currency,
                owner_name=_owner(found, customer_name),
                actor=actor,
                at=at,
                **found.values,
            )
        except (errors.CurrencyNotForKind, errors.FieldNotForKind):
            return None
    account = selectors.for_update(twin.pk)
    if account.relation != Relation.OWN:
        return None
    _place(account, link, found.link_account, at=at)
    return account


def _place(account: ExternalAccount, link: BankLink | None, name: str, *, at: datetime) -> None:
    account.bank_link, account.link_account, account.updated_at = link, name, at
    account.save(update_fields=["bank_link", "link_account", "updated_at"])


def _judge(account: ExternalAccount, found: Found, known: str, *, reference: str, actor: Actor, at: datetime) -> None:
    """Compare the names and record what it says, unless that is known already or the account is blocked."""
    if account.is_verified and account.reverify_since is None:
        return
    result = names.compare(known, found.owners)
    last = selectors.attempts_of(account.pk).filter(method=METHOD).first()
    if last is not None and last.result == result and last.reference == reference and account.reverify_since is None:
        return
    try:
        verifications.pass_elsewhere(
            external_account_id=account.pk,
            method=METHOD,
            reference=reference,
            status=policies.ENDS[result],
            result=result,
            reason=result.label,
            sealed=orjson.dumps({"asked": known, "returned": names.best(known, found.owners)}).decode(),
            actor=actor,
            at=at,
        )
    except (errors.ExternalAccountBlocked, errors.VerificationUnderWay):
        return
    account.refresh_from_db()


def _owner(found: Found, customer_name: str) -> str:
    """The bank's own spelling of the holder, or the customer's name where that is none that an account can have."""
    name = names.best(customer_name, found.owners)
    try:
        return account_numbers.owner_name(name)
    except DomainError:
        return customer_name


def _fingerprint(found: Found, at: datetime) -> str:
    """That of the account as it would be added; "" for numbers of a wrong form."""
    account = ExternalAccount(kind=found.kind, currency=found.currency, relation=Relation.OWN)
    try:
        number = account_values.read(account, dict(found.values), today=at.date())
    except DomainError:
        return ""
    return fingerprint(kind=account.kind, routing_number=account.routing_number, number=number)
