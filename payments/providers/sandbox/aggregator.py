"""Bank data in the sandbox: everything follows from the token, so nothing has to be kept.

A public token is ``public-sandbox-NAME``, where NAME is who owns the accounts (``Ada_Lovelace``); ``public-sandbox-login_required`` is
a login that is over. Numbers are made from the name: the same name has the same accounts. Each exchange is a login of its own.
"""

import hashlib
import secrets
from datetime import timedelta
from decimal import Decimal

from flowlet.core import clock
from flowlet.core.money import Money
from flowlet.core.outbound import Refused
from payments.providers.ports import (
    AccountNumbers,
    AccountOwner,
    LinkedAccount,
    LinkedItem,
    LinkToken,
    TransactionChanges,
    UsNumbers,
)

_PUBLIC, _ACCESS = "public-sandbox-", "access-sandbox-"
OVER = "login_required"
ROUTING_NUMBER = "011401533"


class SandboxAggregator:
    """Answers by the token alone."""

    name = "sandbox"

    def link_token(
        self, *, customer_ref: str, products: tuple[str, ...], countries: tuple[str, ...], language: str = "en", access: str = ""
    ) -> LinkToken:
        """A token that opens nothing."""
        return LinkToken(token=f"link-sandbox-{_digest(customer_ref)}", expires_at=clock.now() + timedelta(hours=4))

    def exchange(self, public_token: str) -> LinkedItem:
        """Raises Refused for a token that is none of the sandbox's."""
        if not public_token.startswith(_PUBLIC) or public_token == _PUBLIC:
            raise Refused(provider=self.name, operation="item.public_token.exchange", provider_code="INVALID_PUBLIC_TOKEN")
        name = public_token.removeprefix(_PUBLIC)
        return LinkedItem(id=f"item-sandbox-{secrets.token_hex(8)}", access_token=_ACCESS + name)

    def accounts(self, access: str) -> list[LinkedAccount]:
        """One checking and one savings account."""
        digest = _digest(self._name(access))
        return [
            LinkedAccount(
                id=f"acc-sandbox-{digest}-{subkind}",
                kind="depository",
                subkind=subkind,
                mask=_number(digest, subkind)[-4:],
                name=f"Sandbox {subkind}",
                available=Money(Decimal(available), "USD"),
                current=Money(Decimal(current), "USD"),
            )
            for subkind, available, current in (("checking", "1000.00", "1100.00"), ("savings", "5000.00", "5000.00"))
        ]

    def balances(self, access: str, *, account_ids: tuple[str, ...] = ()) -> list[LinkedAccount]:
        """The same."""
        return [account for account in self.accounts(access) if not account_ids or account.id in account_ids]

    def numbers(self, access: str) -> AccountNumbers:
        """Numbers made from the name."""
        digest, accounts = _digest(self._name(access)), self.accounts(access)
        us = [
            UsNumbers(
                account_id=account.id,
                routing_number=ROUTING_NUMBER,
                wire_routing_number=ROUTING_NUMBER,
                account_number=_number(digest, account.subkind),
            )
            for account in accounts
        ]
        return AccountNumbers(accounts=accounts, us=us, iban=[])

    def owners(self, access: str) -> list[AccountOwner]:
        """The name in the token, without a way to reach them."""
        name = self._name(access).replace("_", " ")
        return [AccountOwner(account_id=account.id, names=(name,), emails=(), phones=()) for account in self.accounts(access)]

    def changes(self, access: str, *, cursor: str = "") -> TransactionChanges:
        """Nothing ever moves."""
        self._name(access)
        return TransactionChanges(added=[], modified=[], removed=[], cursor=cursor or "start")

    def remove(self, access: str) -> None:
        """Nothing to end."""

    def _name(self, access: str) -> str:
        name = access.removeprefix(_ACCESS)
        if not access.startswith(_ACCESS) or not name:
            raise Refused(provider=self.name, operation="accounts.get", provider_code="INVALID_ACCESS_TOKEN")
        if name == OVER:
            raise Refused(provider=self.name, operation="accounts.get", provider_code="ITEM_LOGIN_REQUIRED")
        return name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _number(digest: str, subkind: str) -> str:
    return str(int(hashlib.sha256(f"{digest}{subkind}".encode()).hexdigest(), 16))[:12]
