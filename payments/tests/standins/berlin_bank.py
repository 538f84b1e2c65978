"""A NextGenPSD2 1.3.11 bank with redirects: consents, accounts, SEPA payments.

It checks request ids, the customer's address, consents, digests, seals and their certificates as a bank does; nothing of the product
is imported.
"""

import base64
import hashlib
import itertools
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payments.tests.standins.server import Reply, StandIn

PRODUCTS = {"sepa-credit-transfers", "instant-sepa-credit-transfers"}
PAGE = 2


class Refusal(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class BerlinBank(StandIn):
    """``seals`` are the certificates (by serial number) that requests have to be signed with; None: no signatures wanted."""

    def __init__(self, *, seals=None, prefix="/psd2", tls=None):
        super().__init__(tls=tls)
        self.seals, self.prefix = seals, prefix
        self.consents, self.payments, self.back = {}, {}, {}
        self.numbers = itertools.count(1)
        self.with_redirect = True
        self.accounts = [
            {
                "resourceId": "3dc3d5b3-7023-4848-9853-f5400a64e80f",
                "iban": "DE2310010010123456789",
                "currency": "EUR",
                "name": "Main Account",
                "ownerName": "Heike Mustermann",
                "cashAccountType": "CACC",
                "status": "enabled",
            },
            {"resourceId": "acc-2", "bban": "BARC12345612345678", "currency": "JPY", "product": "Fremdwährungskonto"},
        ]
        self.balances = {
            self.accounts[0]["resourceId"]: [("interimAvailable", "-12.50", "EUR"), ("closingBooked", "500.00", "EUR")],
            "acc-2": [("expected", "1200", "JPY")],
        }
        self.transactions = [
            ("booked", "1234567", "256.67", "John Miles", "Example 1"),
            ("booked", "1234568", "-343.01", "Paul Simpson", "Example 2"),
            ("booked", "1234569", "100.000", "Cem Y", "Example 3"),
            ("pending", "", "-100.03", "Claude Renault", "Example 4"),
        ]

    # The customer

    def visit(self, url, *, decision="approve"):
        """The customer follows the redirect and decides; the address that the browser is sent back to."""
        key = url.rpartition("/")[2]
        good, bad = self.back[key]
        if key in self.consents:
            self.consents[key]["consentStatus"] = "valid" if decision == "approve" else "rejected"
        else:
            self.payments[key]["transactionStatus"] = "ACSP" if decision == "approve" else "RJCT"
        return good if decision == "approve" else bad

    # The server

    def reply(self, asked):
        try:
            said = self._route(asked)
        except Refusal as refusal:
            said = Reply(refusal.status, {"tppMessages": [{"category": "ERROR", "code": refusal.code, "text": "no"}]})
        said.headers.setdefault("X-Request-ID", asked.headers.get("x-request-id", str(uuid.uuid4())))
        return said

    def _route(self, asked):
        try:
            uuid.UUID(asked.headers["x-request-id"])
        except (KeyError, ValueError):
            raise Refusal(400, "FORMAT_ERROR") from None
        if self.seals is not None:
            self._check_seal(asked)
        steps = [unquote(step) for step in asked.path.removeprefix(self.prefix).strip("/").split("/")]
        match (asked.method, *steps):
            case ("POST", "v1", "consents"):
                return self._new_consent(asked)
            case ("GET", "v1", "consents", key, "status"):
                return Reply(200, {"consentStatus": self._consent(key)["consentStatus"]})
            case ("DELETE", "v1", "consents", key):
                self._consent(key)["consentStatus"] = "terminatedByTpp"
                return Reply(204)
            case ("GET", "v1", "accounts"):
                self._consented(asked, "accounts")
                return Reply(200, {"accounts": self.accounts})
            case ("GET", "v1", "accounts", account, "balances"):
                self._consented(asked, "balances")
                rows = [
                    {
                        "balanceType": kind,
                        "balanceAmount": {"amount": amount, "currency": currency},
                        "referenceDate": "2026-11-01",
                    }
                    for kind, amount, currency in self.balances[account]
                ]
                return Reply(200, {"balances": rows})
            case ("GET", "v1", "accounts", account, "transactions"):
                self._consented(asked, "transactions")
                return Reply(200, self._transactions(asked, account))
            case ("POST", "v1", "payments", product) if product in PRODUCTS:
                return self._new_payment(asked, product)
            case ("GET", "v1", "payments", product, key, "status"):
                if self.payments.get(key, {}).get("product") != product:
                    raise Refusal(404, "RESOURCE_UNKNOWN")
                return Reply(200, {"transactionStatus": self.payments[key]["transactionStatus"]})
        raise Refusal(404, "RESOURCE_UNKNOWN")

    def _check_seal(self, asked):
        """Digest, signature and certificate, as draft-cavage-http-signatures-10 and the standard's section 12 say."""
        head = asked.headers
        wanted = base64.b64encode(hashlib.sha256(asked.body).digest()).decode()
        if head.get("digest") != f"SHA-256={wanted}":
            raise Refusal(400, "FORMAT_ERROR")
        try:
            parts = dict(re.findall(r'(\w+)="([^"]*)"', head["signature"]))
            certificate = x509.load_der_x509_certificate(base64.b64decode(head["tpp-signature-certificate"]))
            serial, issuer = re.fullmatch(r"SN=([0-9A-F]+),CA=(.+)", parts["keyId"]).groups()
            known = self.seals[certificate.serial_number]
            assert known == certificate
            assert int(serial, 16) == certificate.serial_number
            assert unquote(issuer) == certificate.issuer.rfc4514_string()
            assert parts["algorithm"] == "rsa-sha256"
            names = parts["headers"].split()
            optional = {"psu-id", "psu-corporate-id", "date", "tpp-redirect-uri"} & set(head)
            assert set(names) >= {"digest", "x-request-id"} | optional
            text = "\n".join(f"{name}: {head[name]}" for name in names)
            known.public_key().verify(base64.b64decode(parts["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (KeyError, ValueError, AttributeError, AssertionError, InvalidSignature):
            raise Refusal(401, "SIGNATURE_INVALID") from None

    def _redirected(self, asked, key):
        if not re.fullmatch(r"[0-9a-f.:]+", asked.headers.get("psu-ip-address", "")):
            raise Refusal(400, "FORMAT_ERROR")
        self.back[key] = (asked.headers["tpp-redirect-uri"], asked.headers["tpp-nok-redirect-uri"])
        return {"href": f"{self.url}/sca/{key}"} if self.with_redirect else None

    def _consent(self, key):
        if key not in self.consents:
            raise Refusal(403, "CONSENT_UNKNOWN")
        return self.consents[key]

    def _consented(self, asked, what):
        consent = self.consents.get(asked.headers.get("consent-id", ""))
        if consent is None:
            raise Refusal(400, "CONSENT_UNKNOWN")
        if consent["consentStatus"] == "expired" or consent["validUntil"] < datetime.now(UTC).date().isoformat():
            raise Refusal(401, "CONSENT_EXPIRED")
        if consent["consentStatus"] != "valid" or what not in consent["access"]:
            raise Refusal(401, "CONSENT_INVALID")
        alone = "psu-ip-address" not in asked.headers
        consent["reads"] += alone
        if alone and consent["reads"] > 4 * consent["frequencyPerDay"]:
            raise Refusal(429, "ACCESS_EXCEEDED")

    def _new_consent(self, asked):
        data = asked.json
        if date.fromisoformat(data["validUntil"]) > datetime.now(UTC).date() + timedelta(days=180):
            raise Refusal(400, "PERIOD_INVALID")
        key = str(next(self.numbers))
        self.consents[key] = {**data, "consentStatus": "received", "reads": 0}
        links = {"self": {"href": f"/v1/consents/{key}"}, "status": {"href": f"/v1/consents/{key}/status"}}
        redirect = self._redirected(asked, key)
        if redirect:
            links["scaRedirect"] = redirect
        answer = {"consentStatus": "received", "consentId": key, "_links": links}
        return Reply(201, answer, {"ASPSP-SCA-Approach": "REDIRECT", "Location": f"/v1/consents/{key}"})

    def _transactions(self, asked, account):
        if asked.parameters.get("bookingStatus") not in {"booked", "pending", "both", "all", "information"}:
            raise Refusal(400, "PARAMETER_NOT_SUPPORTED")
        page = int(asked.parameters.get("pageIndex", "0"))
        report = {"booked": [], "pending": [], "_links": {"account": {"href": f"/v1/accounts/{account}"}}}
        for status, key, amount, name, text in self.transactions[page * PAGE : (page + 1) * PAGE]:
            row = {"transactionAmount": {"amount": amount, "currency": "EUR"}, "remittanceInformationUnstructured": text}
            row["creditorName" if amount.startswith("-") else "debtorName"] = name
            if key:
                row |= {"transactionId": key, "bookingDate": "2026-10-25", "valueDate": "2026-10-26", "endToEndId": f"E2E-{key}"}
            report[status].append(row)
        if (page + 1) * PAGE < len(self.transactions):
            report["_links"]["next"] = {
                "href": f"{self.prefix}/v1/accounts/{account}/transactions?bookingStatus=both&pageIndex={page + 1}"
            }
        return {"account": {"iban": self.accounts[0]["iban"]}, "transactions": report}

    def _new_payment(self, asked, product):
        data = asked.json
        if data["instructedAmount"]["currency"] != "EUR":
            raise Refusal(400, "FORMAT_ERROR")
        key = str(uuid.uuid4())
        self.payments[key] = {"product": product, "transactionStatus": "RCVD", "made": data, "at": datetime.now(UTC)}
        links = {"self": {"href": f"/v1/payments/{product}/{key}"}, "status": {"href": f"/v1/payments/{product}/{key}/status"}}
        redirect = self._redirected(asked, key)
        if redirect:
            links["scaRedirect"] = redirect
        return Reply(201, {"transactionStatus": "RCVD", "paymentId": key, "_links": links}, {"ASPSP-SCA-Approach": "REDIRECT"})
