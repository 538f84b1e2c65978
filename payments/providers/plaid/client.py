"""Our client for Plaid: link, exchange, accounts, balances, auth, identity, transactions, removal.

Plaid asks everything by POST; what only asks is called so (``safe``), and may be repeated. Amounts are JSON numbers, read as Decimal;
one that is finer than its currency, or in no ISO currency, is None and never rounded. Refusals carry Plaid's ``error_code`` as
``provider_code``; after those in ``LOGIN_IS_OVER`` the customer has to link again.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flowlet.core import money
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from flowlet.core.outbound import Answer, Outbound, Refused, Timeouts, Unavailable
from payments.providers import reading
from payments.providers.errors import AnswerMalformed
from payments.providers.ports import (
    AccountNumbers,
    AccountOwner,
    BankTransaction,
    IbanNumbers,
    LinkedAccount,
    LinkedItem,
    LinkToken,
    TransactionChanges,
    UsNumbers,
)

API = "https://production.plaid.com"
VERSION = "2020-09-14"
LOGIN_IS_OVER = frozenset({"ITEM_LOGIN_REQUIRED", "ACCESS_NOT_GRANTED", "USER_PERMISSION_REVOKED", "ITEM_NOT_FOUND"})
_MUTATION = "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"
_PAGE = 500
_MOST_PAGES = 1000
_MOST_RESTARTS = 5


class Plaid:
    """One Plaid client id."""

    name = "plaid"

    def __init__(
        self,
        *,
        client_id: str,
        secret: str,
        base_url: str = API,
        client_name: str = "Flowlet",
        webhook_url: str = "",
        **options: Any,
    ) -> None:
        # A balance asked of the bank takes up to half a minute.
        options.setdefault("timeouts", Timeouts(connect=2.0, read=30.0, attempt=40.0, call=90.0))
        self._client_name, self._webhook_url = client_name, webhook_url
        self._http = Outbound(
            provider=self.name,
            base_url=base_url,
            headers=lambda: {"PLAID-CLIENT-ID": client_id, "PLAID-SECRET": secret, "Plaid-Version": VERSION},
            code_of=lambda data: reading.optional_text(data, "error_code"),
            says_nothing=_says_nothing,
            **options,
        )

    def link_token(
        self, *, customer_ref: str, products: tuple[str, ...], countries: tuple[str, ...], language: str = "en", access: str = ""
    ) -> LinkToken:
        """POST /link/token/create. ``customer_ref`` is an id of ours, never a name; with ``access`` the screen repairs that login."""
        data: dict[str, Any] = {
            "client_name": self._client_name[:30],
            "language": language,
            "country_codes": list(countries),
            "user": {"client_user_id": customer_ref},
        }
        if access:
            data["access_token"] = access
        else:
            data["products"] = list(products)
        if self._webhook_url:
            data["webhook"] = self._webhook_url
        found = self._ask("/link/token/create", data)
        return LinkToken(token=reading.text(found, "link_token"), expires_at=reading.moment(found, "expiration"))

    def exchange(self, public_token: str) -> LinkedItem:
        """POST /item/public_token/exchange. Not repeated: a lost answer means that the customer links again."""
        path = "/item/public_token/exchange"
        found = self._http.call("POST", path, operation=_operation(path), data={"public_token": public_token}).data
        return LinkedItem(id=reading.text(found, "item_id"), access_token=reading.text(found, "access_token"))

    def accounts(self, access: str) -> list[LinkedAccount]:
        """POST /accounts/get."""
        return _accounts(self._ask("/accounts/get", {"access_token": access}))

    def balances(self, access: str, *, account_ids: tuple[str, ...] = ()) -> list[LinkedAccount]:
        """POST /accounts/balance/get: asked of the bank now."""
        data: dict[str, Any] = {"access_token": access}
        if account_ids:
            data["options"] = {"account_ids": list(account_ids)}
        return _accounts(self._ask("/accounts/balance/get", data))

    def numbers(self, access: str) -> AccountNumbers:
        """POST /auth/get."""
        found = self._ask("/auth/get", {"access_token": access})
        return AccountNumbers(
            accounts=_accounts(found),
            us=[
                UsNumbers(
                    account_id=reading.text(row, "account_id"),
                    routing_number=reading.text(row, "routing"),
                    wire_routing_number=reading.optional_text(row, "wire_routing"),
                    account_number=reading.text(row, "account"),
                    is_tokenized=reading.maybe(row, "is_tokenized_account_number") is True,
                )
                for row in reading.rows(found, "numbers", "ach")
            ],
            iban=[
                IbanNumbers(
                    account_id=reading.text(row, "account_id"), iban=reading.text(row, "iban"), bic=reading.text(row, "bic")
                )
                for row in reading.rows(found, "numbers", "international")
            ],
        )

    def owners(self, access: str) -> list[AccountOwner]:
        """POST /identity/get. Several owners of an account stand in one entry, as Plaid gives them."""
        found = self._ask("/identity/get", {"access_token": access})
        return [
            AccountOwner(
                account_id=reading.text(account, "account_id"),
                names=tuple(name for owner in owners for name in reading.maybe(owner, "names") or () if isinstance(name, str)),
                emails=tuple(reading.text(row, "data") for owner in owners for row in reading.rows(owner, "emails")),
                phones=tuple(reading.text(row, "data") for owner in owners for row in reading.rows(owner, "phone_numbers")),
            )
            for account in reading.rows(found, "accounts")
            for owners in [reading.rows(account, "owners")]
        ]

    def changes(self, access: str, *, cursor: str = "") -> TransactionChanges:
        """POST /transactions/sync until there is no more; begun anew when the data change under our feet."""
        for _ in range(_MOST_RESTARTS):
            try:
                return self._all_pages(access, cursor)
            except Refused as refusal:
                if refusal.provider_code != _MUTATION:
                    raise
        raise Unavailable(provider=self.name, operation="transactions.sync", cause=_MUTATION)

    def remove(self, access: str) -> None:
        """POST /item/remove. What is not there any more is removed."""
        try:
            self._http.call("POST", "/item/remove", operation="item.remove", data={"access_token": access}, repeatable=True)
        except Refused as refusal:
            if refusal.provider_code != "ITEM_NOT_FOUND":
                raise

    def webhook_key(self, key_id: str) -> Mapping[str, Any]:
        """POST /webhook_verification_key/get: the public key as JWK. Raises Refused for an id that is none."""
        found = self._ask("/webhook_verification_key/get", {"key_id": key_id})
        key = reading.maybe(found, "key")
        if not isinstance(key, Mapping):
            raise reading.malformed(("key",))
        return key

    def sandbox_public_token(self, *, institution_id: str, products: tuple[str, ...]) -> str:
        """POST /sandbox/public_token/create: what the screen would give. Plaid's sandbox only."""
        path = "/sandbox/public_token/create"
        data: dict[str, Any] = {"institution_id": institution_id, "initial_products": list(products)}
        if self._webhook_url:
            data["options"] = {"webhook": self._webhook_url}
        return reading.text(self._http.call("POST", path, operation=_operation(path), data=data).data, "public_token")

    def sandbox_fire_webhook(self, access: str, *, code: str) -> None:
        """POST /sandbox/item/fire_webhook. Plaid's sandbox only."""
        self._ask("/sandbox/item/fire_webhook", {"access_token": access, "webhook_code": code})

    def sandbox_reset_login(self, access: str) -> None:
        """POST /sandbox/item/reset_login: the login is over. Plaid's sandbox only."""
        self._ask("/sandbox/item/reset_login", {"access_token": access})

    def _ask(self, path: str, data: Mapping[str, Any]) -> Any:
        return self._http.call("POST", path, operation=_operation(path), data=data, safe=True).data

    def _all_pages(self, access: str, cursor: str) -> TransactionChanges:
        changes = TransactionChanges(added=[], modified=[], removed=[], cursor=cursor)
        for _ in range(_MOST_PAGES):
            data: dict[str, Any] = {"access_token": access, "count": _PAGE}
            if changes.cursor:
                data["cursor"] = changes.cursor
            page = self._ask("/transactions/sync", data)
            after = reading.maybe(page, "next_cursor")
            if not isinstance(after, str):
                raise reading.malformed(("next_cursor",))
            changes = TransactionChanges(
                added=changes.added + [_transaction(row) for row in reading.rows(page, "added")],
                modified=changes.modified + [_transaction(row) for row in reading.rows(page, "modified")],
                removed=changes.removed + [reading.text(row, "transaction_id") for row in reading.rows(page, "removed")],
                cursor=after,
            )
            if reading.maybe(page, "has_more") is not True:
                return changes
            if after == data.get("cursor", ""):
                raise reading.malformed(("next_cursor",))
        raise AnswerMalformed("transactions/sync has no end.", field="has_more")


def _operation(path: str) -> str:
    """/item/public_token/exchange is item.public_token.exchange in logs and metrics."""
    return path.strip("/").replace("/", ".")


def _says_nothing(answer: Answer) -> bool:
    return reading.optional_text(answer.data, "error_code") in ("INTERNAL_SERVER_ERROR", "PLANNED_MAINTENANCE")


def _accounts(data: Any) -> list[LinkedAccount]:
    return [
        LinkedAccount(
            id=reading.text(row, "account_id"),
            kind=reading.text(row, "type"),
            subkind=reading.optional_text(row, "subtype"),
            mask=reading.optional_text(row, "mask"),
            name=reading.optional_text(row, "name"),
            available=_amount(row.get("balances"), "available"),
            current=_amount(row.get("balances"), "current"),
            persistent_id=reading.optional_text(row, "persistent_account_id"),
        )
        for row in reading.rows(data, "accounts")
    ]


def _transaction(row: Mapping[str, Any]) -> BankTransaction:
    out = _amount(row, "amount")
    return BankTransaction(
        id=reading.text(row, "transaction_id"),
        account_id=reading.text(row, "account_id"),
        amount=None if out is None else -out,
        on=reading.day(row, "date"),
        is_pending=reading.maybe(row, "pending") is True,
        replaces=reading.optional_text(row, "pending_transaction_id"),
        description=reading.optional_text(row, "name"),
    )


def _amount(data: Any, name: str) -> Money | None:
    """The amount in its ISO currency; None where there is none, or it is finer than the currency."""
    value, currency = reading.maybe(data, name), reading.maybe(data, "iso_currency_code")
    if value is None or currency is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise reading.malformed((name,))
    try:
        return money.exact(Decimal(value), currency)
    except DomainError:
        return None
