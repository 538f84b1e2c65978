"""A stand-in for Plaid: link, items, accounts, balances, numbers, owners, transactions by cursor, and signed events.

Written from Plaid's OpenAPI description and its documentation. ``add``, ``change`` and ``drop`` are what happens at the bank.
"""

import base64
import hashlib
import itertools
import json
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from payments.tests.standins.server import Asked, Reply, StandIn

_numbers = itertools.count(1)


class Refusal(Exception):
    def __init__(self, kind: str, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.reply = Reply(
            status,
            {
                "error_type": kind,
                "error_code": code,
                "error_message": "the stand-in refuses",
                "display_message": None,
                "request_id": new_id("req"),
            },
        )


def new_id(prefix: str) -> str:
    return f"{prefix}-standin-{next(_numbers):012d}"


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class PlaidStandIn(StandIn):
    """One Plaid client."""

    def __init__(self, *, client_id: str = "client-standin", secret: str = "secret-standin") -> None:
        self.client_id, self.secret = client_id, secret
        self.public_tokens: dict[str, dict[str, Any]] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[dict[str, Any], str]] = []
        self.mutations = 0
        self.keys: dict[str, tuple[ec.EllipticCurvePrivateKey, dict[str, Any]]] = {}
        self.key_id = self.new_key()
        super().__init__()

    # What tests do at the bank's and at Plaid's side

    def link(
        self,
        *,
        products: tuple[str, ...] = ("auth", "identity", "transactions"),
        webhook: str | None = None,
        owner: str = "Alberta Bobbeth Charleson",
    ) -> str:
        """A customer links a bank, whose accounts ``owner`` holds; the public token that the screen gives."""
        with self.lock:
            token = new_id("public-sandbox")
            self.public_tokens[token] = {
                "products": list(products),
                "webhook": webhook,
                "owner": owner,
                "until": time.time() + 1800,
            }
            return token

    def add(self, access: str, amount: float, *, name: str = "ACME", pending: bool = False, replaces: str | None = None) -> str:
        """A line on the customer's first account; positive is money out, as Plaid has it."""
        with self.lock:
            item = self.items[access]
            line = {
                "account_id": item["accounts"][0]["account_id"],
                "account_owner": None,
                "amount": amount,
                "authorized_date": None,
                "authorized_datetime": None,
                "category": None,
                "category_id": None,
                "check_number": None,
                "date": "2026-11-02",
                "datetime": None,
                "iso_currency_code": "USD",
                "location": dict.fromkeys(("address", "city", "region", "postal_code", "country", "lat", "lon", "store_number")),
                "merchant_name": None,
                "name": name,
                "payment_channel": "online",
                "payment_meta": dict.fromkeys(
                    (
                        "reference_number",
                        "ppd_id",
                        "payee",
                        "by_order_of",
                        "payer",
                        "payment_method",
                        "payment_processor",
                        "reason",
                    )
                ),
                "pending": pending,
                "pending_transaction_id": replaces,
                "transaction_code": None,
                "transaction_id": new_id("tx"),
                "transaction_type": "place",
                "unofficial_currency_code": None,
            }
            item["changes"].append(("added", line))
            return line["transaction_id"]

    def change(self, access: str, transaction_id: str, **fields: Any) -> None:
        """The bank corrects a line."""
        with self.lock:
            item = self.items[access]
            known = next(line for what, line in reversed(item["changes"]) if line["transaction_id"] == transaction_id)
            item["changes"].append(("modified", {**known, **fields}))

    def drop(self, access: str, transaction_id: str) -> None:
        """The bank takes a line back."""
        with self.lock:
            item = self.items[access]
            gone = {"transaction_id": transaction_id, "account_id": item["accounts"][0]["account_id"]}
            item["changes"].append(("removed", gone))

    def new_key(self) -> str:
        """A new key to sign with; the old ones stay known."""
        key = ec.generate_private_key(ec.SECP256R1())
        numbers = key.public_key().public_numbers()
        key_id = f"bfbd5111-8e33-4643-8ced-{next(_numbers):012d}"
        jwk = {
            "alg": "ES256",
            "crv": "P-256",
            "kid": key_id,
            "kty": "EC",
            "use": "sig",
            "x": base64url(numbers.x.to_bytes(32, "big")),
            "y": base64url(numbers.y.to_bytes(32, "big")),
            "created_at": int(time.time()) - 100,
            "expired_at": None,
        }
        self.keys[key_id] = (key, jwk)
        self.key_id = key_id
        return key_id

    def sign(
        self, body: bytes, *, at: int | None = None, key_id: str = "", header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """The Plaid-Verification header (RFC 7515, ES256)."""
        key_id = key_id or self.key_id
        head = header or {"alg": "ES256", "kid": key_id, "typ": "JWT"}
        said = {"iat": int(time.time()) if at is None else at, "request_body_sha256": hashlib.sha256(body).hexdigest(), **claims}
        signed = f"{base64url(json.dumps(head).encode())}.{base64url(json.dumps(said).encode())}"
        r, s = decode_dss_signature(self.keys[key_id][0].sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def tell(self, access: str, code: str, **fields: Any) -> dict[str, Any]:
        """An event about the item, to be sent; ``fields`` are those of its kind."""
        with self.lock:
            item = self.items[access]
            event = {"webhook_type": "ITEM", "webhook_code": code, "item_id": item["item_id"], "environment": "sandbox"}
            if code == "SYNC_UPDATES_AVAILABLE":
                event |= {"webhook_type": "TRANSACTIONS", "initial_update_complete": True, "historical_update_complete": True}
            if code in {"ERROR", "USER_PERMISSION_REVOKED"}:
                event["error"] = Refusal("ITEM_ERROR", "ITEM_LOGIN_REQUIRED" if code == "ERROR" else code).reply.data
            event |= fields
            self.sent.append((event, item["webhook"] or ""))
            return event

    def send(self, post: Callable[[bytes, str], int], *, order: str = "", copies: int = 1) -> list[int]:
        """Send all events so far to ``post`` (body, header), each ``copies`` times under one signature."""
        events = list(reversed(self.sent)) if order == "reverse" else list(self.sent)
        found = []
        for event, _ in events:
            body = json.dumps(event, indent=2).encode()
            header = self.sign(body)
            found.extend(post(body, header) for _ in range(copies))
        return found

    def send_to(self, url: str, **options: Any) -> list[int]:
        """Send them over HTTP."""

        def post(body: bytes, header: str) -> int:
            request = urllib.request.Request(url, body, {"Content-Type": "application/json", "Plaid-Verification": header})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status

        return self.send(post, **options)

    # The API

    def reply(self, asked: Asked) -> Reply:
        try:
            data = asked.json or {}
            client_id = asked.headers.get("plaid-client-id") or data.get("client_id")
            secret = asked.headers.get("plaid-secret") or data.get("secret")
            if (client_id, secret) != (self.client_id, self.secret):
                raise Refusal("INVALID_INPUT", "INVALID_API_KEYS")
            action = {
                "/link/token/create": self._link_token,
                "/item/public_token/exchange": self._exchange,
                "/accounts/get": self._accounts,
                "/accounts/balance/get": self._accounts,
                "/auth/get": self._auth,
                "/identity/get": self._identity,
                "/transactions/sync": self._sync,
                "/item/get": self._item,
                "/item/remove": self._remove,
                "/webhook_verification_key/get": self._key,
                "/sandbox/public_token/create": self._sandbox_token,
                "/sandbox/item/fire_webhook": self._fire,
                "/sandbox/item/reset_login": self._reset,
            }.get(asked.path)
            if action is None or asked.method != "POST":
                raise Refusal("INVALID_REQUEST", "NOT_FOUND", 404)
            return Reply(200, {**action(data), "request_id": new_id("req")})
        except Refusal as refusal:
            return refusal.reply

    def _link_token(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("products") and not data.get("access_token"):
            raise Refusal("INVALID_REQUEST", "MISSING_FIELDS")
        until = datetime.now(tz=UTC) + timedelta(hours=4)
        return {"link_token": new_id("link-sandbox"), "expiration": until.isoformat().replace("+00:00", "Z")}

    def _sandbox_token(self, data: dict[str, Any]) -> dict[str, Any]:
        webhook = (data.get("options") or {}).get("webhook")
        return {"public_token": self.link(products=tuple(data["initial_products"]), webhook=webhook)}

    def _exchange(self, data: dict[str, Any]) -> dict[str, Any]:
        linked = self.public_tokens.pop(data["public_token"], None)
        if linked is None or linked["until"] < time.time():
            raise Refusal("INVALID_INPUT", "INVALID_PUBLIC_TOKEN")
        access, item_id = new_id("access-sandbox"), new_id("item")
        self.items[access] = {
            "item_id": item_id,
            "webhook": linked["webhook"],
            "products": linked["products"],
            "login_ok": True,
            "owner": linked["owner"],
            "numbers": {},
            "changes": [],
            "accounts": [
                _account("depository", "checking", "0000", available=100, current=110.5),
                _account("depository", "savings", "1111", available=None, current=210),
                _account("investment", "401k", "6666", available=None, current=23631.9805),
            ],
        }
        return {"access_token": access, "item_id": item_id}

    def _found(self, data: dict[str, Any], *, product: str = "") -> dict[str, Any]:
        access = data.get("access_token", "")
        if not access.startswith("access-"):
            raise Refusal("INVALID_INPUT", "INVALID_ACCESS_TOKEN")
        item = self.items.get(access)
        if item is None:
            raise Refusal("ITEM_ERROR", "ITEM_NOT_FOUND")
        if not item["login_ok"]:
            raise Refusal("ITEM_ERROR", item.get("why_not", "ITEM_LOGIN_REQUIRED"))
        if product and product not in item["products"]:
            raise Refusal("ITEM_ERROR", "PRODUCTS_NOT_SUPPORTED")
        return item

    @staticmethod
    def _about(item: dict[str, Any]) -> dict[str, Any]:
        return {
            "item_id": item["item_id"],
            "institution_id": "ins_109508",
            "webhook": item["webhook"],
            "error": None,
            "available_products": ["balance"],
            "billed_products": item["products"],
            "consent_expiration_time": None,
            "update_type": "background",
        }

    def _accounts(self, data: dict[str, Any]) -> dict[str, Any]:
        item = self._found(data)
        wanted = (data.get("options") or {}).get("account_ids")
        if wanted and set(wanted) - {account["account_id"] for account in item["accounts"]}:
            raise Refusal("INVALID_INPUT", "INVALID_ACCOUNT_ID")
        found = [account for account in item["accounts"] if not wanted or account["account_id"] in wanted]
        return {"accounts": found, "item": self._about(item)}

    def _auth(self, data: dict[str, Any]) -> dict[str, Any]:
        item = self._found(data, product="auth")
        accounts = [account for account in item["accounts"] if account["type"] == "depository"]
        ach = [
            {
                "account_id": account["account_id"],
                "account": item["numbers"].get(account["account_id"], f"11112222333{account['mask']}"),
                "routing": "011401533",
                "wire_routing": "021000021",
                "is_tokenized_account_number": False,
            }
            for account in accounts
        ]
        abroad = [{"account_id": accounts[0]["account_id"], "iban": "GB29NWBK60161331926819", "bic": "NWBKGB21"}]
        numbers = {"ach": ach, "eft": [], "international": abroad, "bacs": []}
        return {"accounts": accounts, "numbers": numbers, "item": self._about(item)}

    def _identity(self, data: dict[str, Any]) -> dict[str, Any]:
        item = self._found(data, product="identity")
        owner = {
            "names": [item["owner"]],
            "phone_numbers": [{"data": "+1 111-555-3333", "primary": True, "type": "mobile"}],
            "emails": [{"data": "accountholder0@example.com", "primary": True, "type": "primary"}],
            "addresses": [
                {
                    "data": {
                        "city": "Malakoff",
                        "country": "US",
                        "postal_code": "14236",
                        "region": "NY",
                        "street": "2992 Cameron Road",
                    },
                    "primary": True,
                }
            ],
        }
        return {"accounts": [{**account, "owners": [owner]} for account in item["accounts"]], "item": self._about(item)}

    def _sync(self, data: dict[str, Any]) -> dict[str, Any]:
        item = self._found(data, product="transactions")
        cursor = data.get("cursor") or ""
        start = int(base64.b64decode(cursor)) if cursor else 0
        if cursor and self.mutations:
            self.mutations -= 1
            raise Refusal("TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION")
        changes = item["changes"]
        page = changes[start : start + int(data.get("count") or 100)]
        end = start + len(page)
        return {
            "transactions_update_status": "HISTORICAL_UPDATE_COMPLETE",
            "accounts": item["accounts"],
            "added": [line for what, line in page if what == "added"],
            "modified": [line for what, line in page if what == "modified"],
            "removed": [line for what, line in page if what == "removed"],
            "next_cursor": base64.b64encode(str(end).encode()).decode(),
            "has_more": end < len(changes),
        }

    def _item(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"item": self._about(self._found(data)), "status": None}

    def _remove(self, data: dict[str, Any]) -> dict[str, Any]:
        self._found(data)
        del self.items[data["access_token"]]
        return {}

    def _key(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["key_id"] not in self.keys:
            raise Refusal("INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID")
        return {"key": self.keys[data["key_id"]][1]}

    def _fire(self, data: dict[str, Any]) -> dict[str, Any]:
        self._found(data)
        self.tell(data["access_token"], data["webhook_code"])
        return {"webhook_fired": True}

    def _reset(self, data: dict[str, Any]) -> dict[str, Any]:
        self._found(data)["login_ok"] = False
        return {"reset_login": True}


def _account(kind: str, subkind: str, mask: str, *, available: float | None, current: float) -> dict[str, Any]:
    return {
        "account_id": new_id("acc"),
        "balances": {
            "available": available,
            "current": current,
            "iso_currency_code": "USD",
            "limit": None,
            "unofficial_currency_code": None,
        },
        "mask": mask,
        "name": f"Plaid {subkind.title()}",
        "official_name": None,
        "subtype": subkind,
        "type": kind,
    }
