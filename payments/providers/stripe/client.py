"""Our client for Stripe: payment intents, refunds, disputes, payouts and balance transactions.

Answers become the values of ``ports``; what Stripe adds is passed over. A POST carries the caller's key as ``Idempotency-Key``. Stripe
keeps keys for at least 24 hours: within them the same call can be made again, later ``find_payments`` looks for our reference.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from flowlet.core import money
from flowlet.core.money import Money
from flowlet.core.outbound import Answer, Outbound, Refused, Timeouts
from payments.providers import reading
from payments.providers.errors import AnswerMalformed
from payments.providers.ports import (
    BalanceLine,
    CardDispute,
    CardPayment,
    CardPaymentStatus,
    CardPayout,
    CardRefund,
    DisputeStatus,
    RefundStatus,
)
from payments.providers.stripe.minor import from_minor, to_minor

API = "https://api.stripe.com"
VERSION = "2023-08-16"
_PAGE = 100
_Status = TypeVar("_Status", bound=StrEnum)

EVIDENCE_FIELDS = frozenset(
    {
        "access_activity_log",
        "billing_address",
        "cancellation_policy",
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "customer_communication",
        "customer_email_address",
        "customer_name",
        "customer_purchase_ip",
        "customer_signature",
        "duplicate_charge_documentation",
        "duplicate_charge_explanation",
        "duplicate_charge_id",
        "product_description",
        "receipt",
        "refund_policy",
        "refund_policy_disclosure",
        "refund_refusal_explanation",
        "service_date",
        "service_documentation",
        "shipping_address",
        "shipping_carrier",
        "shipping_date",
        "shipping_documentation",
        "shipping_tracking_number",
        "uncategorized_file",
        "uncategorized_text",
    }
)


class Stripe:
    """One Stripe account."""

    name = "stripe"

    def __init__(self, *, api_key: str, base_url: str = API, **options: Any) -> None:
        options.setdefault("timeouts", Timeouts(connect=2.0, read=20.0, attempt=30.0, call=75.0))
        self._http = Outbound(
            provider=self.name,
            base_url=base_url,
            headers=lambda: {"Authorization": f"Bearer {api_key}", "Stripe-Version": VERSION},
            code_of=_code,
            says_nothing=_says_nothing,
            **options,
        )

    def create_payment(
        self,
        *,
        amount: Money,
        reference: str,
        key: str,
        payment_method: str = "",
        confirm: bool = False,
        capture_later: bool = False,
        return_url: str = "",
        fail_on_action: bool = False,
        description: str = "",
    ) -> CardPayment:
        """POST /v1/payment_intents. With ``confirm`` a decline comes back as a payment that requires another payment method."""
        fields = {
            "amount": to_minor(amount),
            "currency": amount.currency.code.lower(),
            "capture_method": "manual" if capture_later else "automatic",
            "payment_method_types": ["card"],
            "payment_method": payment_method,
            "confirm": confirm or None,
            "return_url": return_url,
            "error_on_requires_action": fail_on_action or None,
            "description": description,
            "metadata": {"reference": reference},
        }
        return self._try("/v1/payment_intents", fields, operation="payment_intents.create", key=key)

    def confirm_payment(self, payment_id: str, *, key: str, payment_method: str = "", return_url: str = "") -> CardPayment:
        """POST /v1/payment_intents/{id}/confirm. A decline is an answer."""
        fields = {"payment_method": payment_method, "return_url": return_url}
        return self._try(f"/v1/payment_intents/{_id(payment_id)}/confirm", fields, operation="payment_intents.confirm", key=key)

    def capture_payment(self, payment_id: str, *, key: str, amount: Money | None = None) -> CardPayment:
        """POST /v1/payment_intents/{id}/capture."""
        fields = {"amount_to_capture": to_minor(amount) if amount is not None else None}
        return self._try(f"/v1/payment_intents/{_id(payment_id)}/capture", fields, operation="payment_intents.capture", key=key)

    def cancel_payment(self, payment_id: str, *, key: str, abandoned: bool = False) -> CardPayment:
        """POST /v1/payment_intents/{id}/cancel."""
        path = f"/v1/payment_intents/{_id(payment_id)}/cancel"
        fields = {"cancellation_reason": "abandoned" if abandoned else None}
        return _payment(self._post(path, fields, operation="payment_intents.cancel", key=key))

    def payment(self, payment_id: str) -> CardPayment:
        """GET /v1/payment_intents/{id}."""
        return _payment(self._get(f"/v1/payment_intents/{_id(payment_id)}", operation="payment_intents.retrieve"))

    def find_payments(self, reference: str) -> list[CardPayment]:
        """GET /v1/payment_intents/search by our reference. Stripe's index is behind by up to a minute."""
        if not reference or not reference.replace("_", "").replace("-", "").isalnum():
            raise ValueError("A reference has letters, digits, - and _ only.")
        query = {"query": f"metadata['reference']:'{reference}'", "limit": _PAGE}
        found = self._get("/v1/payment_intents/search", operation="payment_intents.search", query=query)
        return [_payment(row) for row in reading.rows(found, "data")]

    def refund_payment(self, payment_id: str, *, key: str, reference: str, amount: Money | None = None) -> CardRefund:
        """POST /v1/refunds."""
        fields = {
            "payment_intent": _id(payment_id),
            "amount": to_minor(amount) if amount is not None else None,
            "metadata": {"reference": reference},
        }
        return _refund(self._post("/v1/refunds", fields, operation="refunds.create", key=key))

    def refund(self, refund_id: str) -> CardRefund:
        """GET /v1/refunds/{id}."""
        return _refund(self._get(f"/v1/refunds/{_id(refund_id)}", operation="refunds.retrieve"))

    def refunds_of(self, payment_id: str) -> list[CardRefund]:
        """GET /v1/refunds of a payment: what became of a refund whose answer was lost."""
        return [_refund(row) for row in self._pages("/v1/refunds", {"payment_intent": _id(payment_id)}, operation="refunds.list")]

    def dispute(self, dispute_id: str) -> CardDispute:
        """GET /v1/disputes/{id}."""
        return _dispute(self._get(f"/v1/disputes/{_id(dispute_id)}", operation="disputes.retrieve"))

    def submit_evidence(self, dispute_id: str, *, evidence: Mapping[str, str], final: bool, key: str) -> CardDispute:
        """POST /v1/disputes/{id}. Raises ValueError for a field that Stripe does not know."""
        if unknown := set(evidence) - EVIDENCE_FIELDS:
            raise ValueError(f"No fields of evidence: {', '.join(sorted(unknown))}.")
        fields = {"evidence": dict(evidence), "submit": final}
        return _dispute(self._post(f"/v1/disputes/{_id(dispute_id)}", fields, operation="disputes.update", key=key))

    def accept_dispute(self, dispute_id: str, *, key: str) -> CardDispute:
        """POST /v1/disputes/{id}/close."""
        return _dispute(self._post(f"/v1/disputes/{_id(dispute_id)}/close", {}, operation="disputes.close", key=key))

    def payouts(self, *, since: datetime) -> Iterator[CardPayout]:
        """GET /v1/payouts, all pages."""
        for row in self._pages("/v1/payouts", {"created[gte]": int(since.timestamp())}, operation="payouts.list"):
            yield CardPayout(
                id=reading.text(row, "id"),
                status=reading.text(row, "status"),
                amount=_amount(row, "amount"),
                arrival_on=reading.unix(row, "arrival_date").date(),
                created_at=reading.unix(row, "created"),
            )

    def balance_lines(self, *, payout_id: str = "", since: datetime | None = None) -> Iterator[BalanceLine]:
        """GET /v1/balance_transactions, all pages."""
        query: dict[str, Any] = {}
        if payout_id:
            query["payout"] = _id(payout_id)
        if since is not None:
            query["created[gte]"] = int(since.timestamp())
        for row in self._pages("/v1/balance_transactions", query, operation="balance_transactions.list"):
            yield BalanceLine(
                id=reading.text(row, "id"),
                kind=reading.text(row, "type"),
                amount=_amount(row, "amount"),
                fee=_amount(row, "fee"),
                net=_amount(row, "net"),
                source_id=reading.reference(row, "source"),
                available_at=reading.unix(row, "available_on"),
                created_at=reading.unix(row, "created"),
            )

    def _try(self, path: str, fields: Mapping[str, Any], *, operation: str, key: str) -> CardPayment:
        """A call that may be declined: Stripe answers 402 with the payment inside."""
        try:
            return _payment(self._post(path, fields, operation=operation, key=key))
        except Refused as refusal:
            intent = reading.maybe(refusal.data, "error", "payment_intent")
            if refusal.http_status != 402 or not isinstance(intent, Mapping):
                raise
            return _payment(intent, failure_code=refusal.provider_code)

    def _get(self, path: str, *, operation: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._http.call("GET", path, operation=operation, query=query).data

    def _post(self, path: str, fields: Mapping[str, Any], *, operation: str, key: str) -> Any:
        if not key or len(key) > 255:
            raise ValueError("Stripe's idempotency keys have 1 to 255 characters.")
        return self._http.call("POST", path, operation=operation, form=form(fields), idempotency_key=key).data

    def _pages(self, path: str, query: Mapping[str, Any], *, operation: str) -> Iterator[Mapping[str, Any]]:
        after: dict[str, Any] = {}
        while True:
            page = self._get(path, operation=operation, query={**query, "limit": _PAGE, **after})
            found = reading.rows(page, "data")
            yield from found
            if not reading.maybe(page, "has_more") or not found:
                return
            after = {"starting_after": reading.text(found[-1], "id")}


def form(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields as Stripe's form: nested names in brackets, truth as true and false; None and "" are left out."""
    found: list[tuple[str, str]] = []
    for name, value in fields.items():
        found.extend(_pairs(name, value))
    return found


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None or value == "":
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{name}[{key}]", inner)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _pairs(f"{name}[{index}]", inner)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, (int, str)):
        yield name, str(value)
    else:
        raise TypeError(f"{name}: Stripe's forms have no {type(value).__name__}.")


def _id(value: str) -> str:
    """An id that is safe in a path."""
    if not value.isascii() or not value.replace("_", "").isalnum():
        raise ValueError("Stripe's ids have letters, digits and _ only.")
    return value


def _code(data: Any) -> str:
    error = reading.maybe(data, "error")
    return next(
        (found for name in ("decline_code", "code", "type") if (found := reading.optional_text(error, name))),
        "",
    )


def _says_nothing(answer: Answer) -> bool:
    """A twin with the same key is in flight, or the key was used for something else: what became of it is not in the answer."""
    if answer.headers.get("Stripe-Should-Retry", "").lower() == "true":
        return answer.status != 429
    error = reading.maybe(answer.data, "error")
    return (
        reading.optional_text(error, "code") in ("idempotency_key_in_use", "lock_timeout")
        or reading.optional_text(error, "type") == "idempotency_error"
    )


def _amount(data: Any, name: str) -> Money:
    currency = reading.text(data, "currency").upper()
    try:
        return from_minor(reading.whole(data, name), currency)
    except (money.UnknownCurrency, money.TooPrecise, money.AmountTooLarge) as refusal:
        raise AnswerMalformed(f"{name}: {refusal.title}.", field=name) from None


def _status(kind: type[_Status], data: Any) -> _Status:
    try:
        return kind(reading.text(data, "status"))
    except ValueError:
        raise reading.malformed(("status",)) from None


def _payment(data: Any, *, failure_code: str = "") -> CardPayment:
    error = reading.maybe(data, "last_payment_error")
    return CardPayment(
        id=reading.text(data, "id"),
        status=_status(CardPaymentStatus, data),
        amount=_amount(data, "amount"),
        capturable=_amount(data, "amount_capturable"),
        received=_amount(data, "amount_received"),
        reference=reading.optional_text(data, "metadata", "reference"),
        charge_id=reading.reference(data, "latest_charge"),
        client_secret=reading.optional_text(data, "client_secret"),
        action_url=reading.optional_text(data, "next_action", "redirect_to_url", "url"),
        failure_code=failure_code or _code({"error": error}) or reading.optional_text(data, "cancellation_reason"),
        created_at=reading.unix(data, "created"),
    )


def _refund(data: Any) -> CardRefund:
    return CardRefund(
        id=reading.text(data, "id"),
        status=_status(RefundStatus, data),
        amount=_amount(data, "amount"),
        payment_id=reading.reference(data, "payment_intent"),
        charge_id=reading.reference(data, "charge"),
        reference=reading.optional_text(data, "metadata", "reference"),
        failure_code=reading.optional_text(data, "failure_reason"),
        created_at=reading.unix(data, "created"),
    )


def _dispute(data: Any) -> CardDispute:
    lines = reading.rows(data, "balance_transactions")
    due = reading.maybe(data, "evidence_details", "due_by")
    return CardDispute(
        id=reading.text(data, "id"),
        status=_status(DisputeStatus, data),
        amount=_amount(data, "amount"),
        reason=reading.text(data, "reason"),
        payment_id=reading.reference(data, "payment_intent"),
        charge_id=reading.reference(data, "charge"),
        evidence_due_at=reading.unix(data, "evidence_details", "due_by") if due else None,
        submissions=reading.whole(data, "evidence_details", "submission_count"),
        taken=_total(lines, "amount", data, sign=-1),
        fee=_total(lines, "fee", data, sign=1),
        created_at=reading.unix(data, "created"),
    )


def _total(lines: list[Mapping[str, Any]], name: str, data: Any, *, sign: int) -> Money:
    """The sum over the lines, in their own currency: a dispute's money moves in the currency of our balance there."""
    currencies = {reading.text(line, "currency") for line in lines} or {reading.text(data, "currency")}
    if len(currencies) > 1:
        raise reading.malformed(("balance_transactions", "currency"))
    total = sum(reading.whole(line, name) for line in lines)
    return _amount({"currency": currencies.pop(), name: sign * total}, name)
