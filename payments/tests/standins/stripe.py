"""A stand-in for Stripe: payment intents, refunds, disputes, payouts and balance transactions with a memory, and signed events.

Written from Stripe's OpenAPI description and its documentation. What a card does is said by the payment method's name, as with Stripe's
own test cards. Money moves in the currency it was charged in; Stripe's share is 2.9 % and 30 of the smallest unit, of a dispute 1500.
"""

import hashlib
import hmac
import itertools
import json
import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from payments.tests.standins.contract import nested
from payments.tests.standins.server import Asked, Reply, StandIn

DECLINES = {
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedLostCard": "lost_card",
}
NEEDS_ACTION = "pm_card_threeDSecure2Required"
MAKES_DISPUTE = "pm_card_createDispute"
EVIDENCE = [
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
]
_numbers = itertools.count(1)


class Refusal(Exception):
    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error.get("code"))
        self.reply = Reply(status, {"error": {"message": "The stand-in refuses.", **error}})


def new_id(prefix: str) -> str:
    return f"{prefix}_1Stand{next(_numbers):018d}"


class StripeStandIn(StandIn):
    """One Stripe account."""

    def __init__(self, *, api_key: str = "sk_test_standin", webhook_secret: str = "whsec_standin") -> None:
        self.api_key, self.webhook_secret = api_key, webhook_secret
        self.index_says: dict[str, Any] = {}  # what the search index, which is behind, has of every intent
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.payouts: dict[str, dict[str, Any]] = {}
        self.lines: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.answered: dict[str, tuple[str, Reply]] = {}
        self._routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("POST", r"/v1/payment_intents", self._create),
            ("GET", r"/v1/payment_intents/search", self._search),
            ("GET", r"/v1/payment_intents/(\w+)", self._intent),
            ("POST", r"/v1/payment_intents/(\w+)/confirm", self._confirm),
            ("POST", r"/v1/payment_intents/(\w+)/capture", self._capture),
            ("POST", r"/v1/payment_intents/(\w+)/cancel", self._cancel),
            ("POST", r"/v1/refunds", self._refund),
            ("GET", r"/v1/refunds", self._refunds),
            ("GET", r"/v1/refunds/(\w+)", lambda fields, name: self._found(self.refunds, name)),
            ("GET", r"/v1/disputes/(\w+)", lambda fields, name: self._found(self.disputes, name)),
            ("POST", r"/v1/disputes/(\w+)", self._evidence),
            ("POST", r"/v1/disputes/(\w+)/close", self._close),
            ("GET", r"/v1/payouts", self._payouts),
            ("GET", r"/v1/balance_transactions", self._balance_lines),
        ]
        super().__init__()

    # What tests do at Stripe's side

    def complete_action(self, intent_id: str, *, confirms: bool = True) -> dict[str, str]:
        """The cardholder has confirmed in the bank's app, or was not known there; what their browser brings to the return_url."""
        with self.lock:
            intent = self.intents[intent_id]
            if confirms:
                self._authorise(intent)
            else:
                error = {
                    "type": "invalid_request_error",
                    "code": "payment_intent_authentication_failure",
                    "message": "The provided PaymentMethod has failed authentication.",
                }
                intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)
                self._event("payment_intent.payment_failed", intent)
            return {
                "payment_intent": intent_id,
                "payment_intent_client_secret": intent["client_secret"],
                "redirect_status": "succeeded" if confirms else "failed",
            }

    def dispute(self, intent_id: str, *, reason: str = "fraudulent", amount: int = 0) -> dict[str, Any]:
        """The cardholder objects, to a part if ``amount`` says so; the money leaves at once, with the fee."""
        with self.lock:
            intent = self.intents[intent_id]
            dispute = {
                "id": new_id("dp"),
                "object": "dispute",
                "amount": amount or intent["amount_received"],
                "currency": intent["currency"],
                "charge": intent["latest_charge"],
                "payment_intent": intent_id,
                "created": int(time.time()),
                "livemode": False,
                "metadata": {},
                "reason": reason,
                "status": "needs_response",
                "is_charge_refundable": False,
                "evidence": dict.fromkeys(EVIDENCE),
                "evidence_details": {
                    "due_by": int(time.time()) + 7 * 86_400,
                    "has_evidence": False,
                    "past_due": False,
                    "submission_count": 0,
                },
                "balance_transactions": [],
            }
            self.disputes[dispute["id"]] = dispute
            dispute["balance_transactions"].append(
                self._line("adjustment", -dispute["amount"], 1500, dispute["currency"], dispute["id"], "dispute")
            )
            self._event("charge.dispute.created", dispute)
            return dispute

    def decide(self, dispute_id: str, *, won: bool, fee_back: int = 1500) -> None:
        """The bank decides; when it is won, the money is back, and ``fee_back`` of the fee."""
        with self.lock:
            dispute = self.disputes[dispute_id]
            dispute["status"] = "won" if won else "lost"
            if won:
                dispute["balance_transactions"].append(
                    self._line("adjustment", dispute["amount"], -fee_back, dispute["currency"], dispute_id, "dispute_reversal")
                )
            self._event("charge.dispute.closed", dispute)

    def fail_refund(self, refund_id: str) -> None:
        """The card's bank sends a refund back that had been paid: the money is on Stripe's balance again."""
        with self.lock:
            refund = self.refunds[refund_id]
            refund["status"], refund["failure_reason"] = "failed", "expired_or_canceled_card"
            self._line("refund_failure", refund["amount"], 0, refund["currency"], refund_id, "refund_failure")
            self._event("refund.failed", refund)

    def pay_out(self, currency: str) -> dict[str, Any] | None:
        """What is there and not paid out yet leaves for our bank."""
        with self.lock:
            due = [line for line in self.lines if line["currency"] == currency and line["_payout"] is None]
            total = sum(line["net"] for line in due)
            if total <= 0:
                return None
            payout = {
                "id": new_id("po"),
                "object": "payout",
                "amount": total,
                "arrival_date": int(time.time()) // 86_400 * 86_400 + 2 * 86_400,
                "automatic": True,
                "balance_transaction": None,
                "created": int(time.time()),
                "currency": currency,
                "description": "STRIPE PAYOUT",
                "destination": None,
                "failure_balance_transaction": None,
                "failure_code": None,
                "failure_message": None,
                "livemode": False,
                "metadata": {},
                "method": "standard",
                "original_payout": None,
                "reconciliation_status": "completed",
                "reversed_by": None,
                "source_type": "card",
                "statement_descriptor": None,
                "status": "paid",
                "type": "bank_account",
            }
            self.payouts[payout["id"]] = payout
            for line in due:
                line["_payout"] = payout["id"]
            own = self._line("payout", -total, 0, currency, payout["id"], "payout")
            own["_payout"] = payout["id"]
            payout["balance_transaction"] = own["id"]
            self._event("payout.paid", payout)
            return payout

    def sign(self, body: bytes, *, at: int | None = None, secret: str = "") -> str:
        """The Stripe-Signature header."""
        moment = int(time.time()) if at is None else at
        signed = hmac.new((secret or self.webhook_secret).encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={signed}"

    def send(self, post: Callable[[bytes, str], int], *, order: str = "", copies: int = 1) -> list[int]:
        """Send all events so far to ``post`` (body, header), in reverse ``order`` if wanted, each ``copies`` times; the statuses."""
        events = list(reversed(self.events)) if order == "reverse" else list(self.events)
        found = []
        for event in events:
            for _ in range(copies):
                body = json.dumps(event).encode()
                found.append(post(body, self.sign(body)))
        return found

    def send_to(self, url: str, **options: Any) -> list[int]:
        """Send them over HTTP."""

        def post(body: bytes, header: str) -> int:
            request = urllib.request.Request(url, body, {"Content-Type": "application/json", "Stripe-Signature": header})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status

        return self.send(post, **options)

    # The API

    def reply(self, asked: Asked) -> Reply:
        try:
            if asked.headers.get("authorization") not in (f"Bearer {self.api_key}", f"bearer {self.api_key}"):
                raise Refusal(401, type="invalid_request_error", code="api_key_expired")
            key = asked.headers.get("idempotency-key", "")
            if asked.method == "POST" and key:
                return self._once(key, asked)
            return self._do(asked)
        except Refusal as refusal:
            return refusal.reply

    def _once(self, key: str, asked: Asked) -> Reply:
        digest = hashlib.sha256(asked.path.encode() + b"\n" + asked.body).hexdigest()
        if key in self.answered:
            known, reply = self.answered[key]
            if known != digest:
                raise Refusal(400, type="idempotency_error")
            return Reply(reply.status, reply.data, {**reply.headers, "Idempotent-Replayed": "true"})
        try:
            reply = self._do(asked)
        except Refusal as refusal:
            # What is wrong in form was never executed, and its key is free.
            if refusal.reply.status in (402, 404):
                self.answered[key] = (digest, refusal.reply)
            raise
        self.answered[key] = (digest, Reply(reply.status, json.loads(reply.body), reply.headers))
        return reply

    def _do(self, asked: Asked) -> Reply:
        for method, pattern, action in self._routes:
            match = re.fullmatch(pattern, asked.path)
            if match and method == asked.method:
                fields = nested(asked.form if asked.method == "POST" else asked.query)
                return Reply(200, _public(action(fields, *match.groups())), {"Request-Id": new_id("req")})
        raise Refusal(404, type="invalid_request_error", code="resource_missing")

    def _create(self, fields: dict[str, Any]) -> dict[str, Any]:
        amount = int(fields.get("amount", "0"))
        if amount < 50:
            raise Refusal(400, type="invalid_request_error", code="amount_too_small", param="amount")
        intent_id = new_id("pi")
        intent = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": fields.get("capture_method", "automatic"),
            "client_secret": f"{intent_id}_secret_standin",
            "confirmation_method": "automatic",
            "created": int(time.time()),
            "currency": fields["currency"],
            "customer": None,
            "description": fields.get("description"),
            "invoice": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": fields.get("metadata", {}),
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": fields.get("payment_method"),
            "payment_method_options": {},
            "payment_method_types": fields.get("payment_method_types", ["card"]),
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_confirmation" if fields.get("payment_method") else "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
        }
        self.intents[intent_id] = intent
        self._event("payment_intent.created", intent)
        if fields.get("confirm") == "true":
            return self._confirm(fields, intent_id)
        return intent

    def _intent(self, fields: dict[str, Any], intent_id: str) -> dict[str, Any]:
        return self._found(self.intents, intent_id)

    def _search(self, fields: dict[str, Any]) -> dict[str, Any]:
        match = re.fullmatch(r"metadata\['(\w+)'\]:'([^']*)'", fields.get("query", ""))
        if not match:
            raise Refusal(400, type="invalid_request_error", param="query")
        name, value = match.groups()
        found = [{**intent, **self.index_says} for intent in self.intents.values() if intent["metadata"].get(name) == value]
        return {
            "object": "search_result",
            "url": "/v1/payment_intents/search",
            "has_more": False,
            "next_page": None,
            "data": [_public(intent) for intent in found],
        }

    def _confirm(self, fields: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent = self._found(self.intents, intent_id)
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise Refusal(
                400, type="invalid_request_error", code="payment_intent_unexpected_state", payment_intent=_public(intent)
            )
        method = fields.get("payment_method") or intent["payment_method"]
        if not method:
            raise Refusal(400, type="invalid_request_error", code="parameter_missing", param="payment_method")
        intent["payment_method"] = method
        if method in DECLINES:
            error = {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": DECLINES[method],
                "message": "Your card was declined.",
            }
            intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
            self._event("payment_intent.payment_failed", intent)
            raise Refusal(402, **error, payment_intent=_public(intent))
        if method == NEEDS_ACTION and fields.get("error_on_requires_action") == "true":
            error = {"type": "card_error", "code": "authentication_required", "message": "This payment requires authentication."}
            intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
            self._event("payment_intent.payment_failed", intent)
            raise Refusal(402, **error, payment_intent=_public(intent))
        if method == NEEDS_ACTION:
            url = fields.get("return_url") or "https://example.com/back"
            intent["status"] = "requires_action"
            intent["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {"return_url": url, "url": f"https://hooks.stripe.com/3d_secure/{intent_id}"},
            }
            self._event("payment_intent.requires_action", intent)
            return intent
        return self._authorise(intent)

    def _authorise(self, intent: dict[str, Any]) -> dict[str, Any]:
        intent.update(latest_charge=new_id("ch"), next_action=None, last_payment_error=None)
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self._event("payment_intent.amount_capturable_updated", intent)
            return intent
        return self._take(intent, intent["amount"])

    def _take(self, intent: dict[str, Any], amount: int) -> dict[str, Any]:
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        fee = (amount * 29 + 500) // 1000 + 30
        self._line("charge", amount, fee, intent["currency"], intent["latest_charge"], "charge")
        self._event("payment_intent.succeeded", intent)
        if intent["payment_method"] == MAKES_DISPUTE:
            self.dispute(intent["id"])
        return intent

    def _capture(self, fields: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent = self._found(self.intents, intent_id)
        if intent["status"] != "requires_capture":
            raise Refusal(
                400, type="invalid_request_error", code="payment_intent_unexpected_state", payment_intent=_public(intent)
            )
        amount = int(fields.get("amount_to_capture", intent["amount_capturable"]))
        if not 0 < amount <= intent["amount_capturable"]:
            raise Refusal(400, type="invalid_request_error", code="amount_too_large", param="amount_to_capture")
        return self._take(intent, amount)

    def _cancel(self, fields: dict[str, Any], intent_id: str) -> dict[str, Any]:
        intent = self._found(self.intents, intent_id)
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise Refusal(
                400, type="invalid_request_error", code="payment_intent_unexpected_state", payment_intent=_public(intent)
            )
        intent.update(status="canceled", canceled_at=int(time.time()), amount_capturable=0, next_action=None)
        intent["cancellation_reason"] = fields.get("cancellation_reason")
        self._event("payment_intent.canceled", intent)
        return intent

    def _refund(self, fields: dict[str, Any]) -> dict[str, Any]:
        intent = self._found(self.intents, fields.get("payment_intent", ""))
        disputes = [dispute for dispute in self.disputes.values() if dispute["payment_intent"] == intent["id"]]
        lost = sum(dispute["amount"] for dispute in disputes if dispute["status"] == "lost")
        if any(dispute["status"] not in ("won", "lost") for dispute in disputes) or lost >= intent["amount_received"]:
            raise Refusal(400, type="invalid_request_error", code="charge_disputed")
        given = sum(found["amount"] for found in self.refunds.values() if found["payment_intent"] == intent["id"])
        left = intent["amount_received"] - given - lost
        amount = int(fields.get("amount", left))
        if left <= 0:
            raise Refusal(400, type="invalid_request_error", code="charge_already_refunded")
        if not 0 < amount <= left:
            raise Refusal(400, type="invalid_request_error", code="amount_too_large", param="amount")
        refund_id = new_id("re")
        line = self._line("refund", -amount, 0, intent["currency"], refund_id, "refund")
        self.refunds[refund_id] = refund = {
            "id": refund_id,
            "object": "refund",
            "amount": amount,
            "balance_transaction": line["id"],
            "charge": intent["latest_charge"],
            "created": int(time.time()),
            "currency": intent["currency"],
            "metadata": fields.get("metadata", {}),
            "payment_intent": intent["id"],
            "reason": fields.get("reason"),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
        self._event("refund.created", refund)
        return refund

    def _refunds(self, fields: dict[str, Any]) -> dict[str, Any]:
        wanted = fields.get("payment_intent")
        found = [refund for refund in self.refunds.values() if wanted in (None, refund["payment_intent"])]
        return self._page("/v1/refunds", found, fields)

    def _evidence(self, fields: dict[str, Any], dispute_id: str) -> dict[str, Any]:
        dispute = self._found(self.disputes, dispute_id)
        if dispute["status"] not in ("needs_response", "warning_needs_response"):
            raise Refusal(400, type="invalid_request_error", code="resource_already_exists")
        dispute["evidence"].update(fields.get("evidence", {}))
        details = dispute["evidence_details"]
        details["has_evidence"] = any(dispute["evidence"].values())
        if fields.get("submit", "true") == "true":
            details["submission_count"] += 1
            dispute["status"] = "under_review"
        self._event("charge.dispute.updated", dispute)
        return dispute

    def _close(self, fields: dict[str, Any], dispute_id: str) -> dict[str, Any]:
        dispute = self._found(self.disputes, dispute_id)
        if dispute["status"] not in ("needs_response", "warning_needs_response"):
            raise Refusal(400, type="invalid_request_error")
        dispute["status"] = "lost"
        self._event("charge.dispute.closed", dispute)
        return dispute

    def _payouts(self, fields: dict[str, Any]) -> dict[str, Any]:
        since = int(fields.get("created", {}).get("gte", 0))
        return self._page("/v1/payouts", [found for found in self.payouts.values() if found["created"] >= since], fields)

    def _balance_lines(self, fields: dict[str, Any]) -> dict[str, Any]:
        since, payout = int(fields.get("created", {}).get("gte", 0)), fields.get("payout")
        found = [line for line in self.lines if line["created"] >= since and payout in (None, line["_payout"])]
        return self._page("/v1/balance_transactions", found, fields)

    def _page(self, url: str, rows: list[dict[str, Any]], fields: dict[str, Any]) -> dict[str, Any]:
        newest = list(reversed(rows))
        ids = [row["id"] for row in newest]
        start = ids.index(fields["starting_after"]) + 1 if "starting_after" in fields else 0
        limit = int(fields.get("limit", 10))
        page = newest[start : start + limit]
        return {"object": "list", "url": url, "has_more": start + limit < len(newest), "data": [_public(row) for row in page]}

    def _line(self, kind: str, amount: int, fee: int, currency: str, source: str, category: str) -> dict[str, Any]:
        line = {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": int(time.time()) + 2 * 86_400,
            "created": int(time.time()),
            "currency": currency,
            "description": None,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [
                {"amount": fee, "application": None, "currency": currency, "description": f"{category} fee", "type": "stripe_fee"}
            ]
            if fee
            else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "pending",
            "type": kind,
            "_payout": None,
        }
        self.lines.append(line)
        return line

    def _event(self, kind: str, about: dict[str, Any]) -> None:
        self.events.append(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": "2023-08-16",
                "created": int(time.time()),
                "data": {"object": json.loads(json.dumps(_public(about)))},
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": kind,
            }
        )

    @staticmethod
    def _found(where: dict[str, Any], name: str) -> dict[str, Any]:
        if name not in where:
            raise Refusal(404, type="invalid_request_error", code="resource_missing")
        return where[name]


def _public(value: Any) -> Any:
    """Without what the stand-in keeps for itself."""
    if isinstance(value, dict):
        return {key: _public(item) for key, item in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [_public(item) for item in value]
    return value
