"""A UK Open Banking 4.0 bank: tokens, consents, the customer's decision, accounts, domestic payments.

It checks client assertions, request objects, PKCE, tokens, permissions, detached signatures and idempotency keys as a bank does, with
PyJWT and the standard's own words; nothing of the product is imported.
"""

import base64
import hashlib
import itertools
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.tests.standins.server import Asked, Reply, StandIn

IAT, ISS, TAN = "http://openbanking.org.uk/iat", "http://openbanking.org.uk/iss", "http://openbanking.org.uk/tan"
PREFIX = "/open-banking/v4.0"
PAGE = 2


def moment(at=None):
    return (at or datetime.now(UTC)).isoformat(timespec="seconds")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def half(value):
    return encode(hashlib.sha256(value.encode()).digest()[:16])


class Refusal(Exception):
    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class UkBank(StandIn):
    def __init__(self, *, client_id, client_keys, jws_issuer, hybrid=True, unencoded_jws=False, tls=None):
        super().__init__(tls=tls)
        self.client_id, self.client_keys, self.jws_issuer = client_id, client_keys, jws_issuer
        self.hybrid, self.unencoded_jws = hybrid, unencoded_jws
        self.issuer = self.url
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = "bank-1"
        self.redirect_uri = "https://flowlet.example.com/openbanking/return"
        self.tokens, self.codes, self.refresh_tokens, self.assertions = {}, {}, {}, set()
        self.consents, self.payments, self.idempotent = {}, {}, {}
        self.numbers = itertools.count(1)
        self.spoil_signature = False
        self.token_seconds = 300
        self.accounts = [
            {
                "AccountId": "22289",
                "Status": "Enabled",
                "Currency": "GBP",
                "AccountCategory": "Personal",
                "AccountTypeCode": "CACC",
                "Nickname": "Bills",
                "Account": [
                    {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "80200110203345", "Name": "Mr Kevin"}
                ],
            },
            {
                "AccountId": "31820",
                "Status": "Enabled",
                "Currency": "EUR",
                "AccountTypeCode": "SVGS",
                "Account": [{"SchemeName": "UK.OBIE.IBAN", "Identification": "GB33BUKB20201555555555", "Name": "Mr Kevin"}],
            },
        ]
        self.balances = {
            "22289": [("Debit", "ITAV", "1230.00000", "GBP"), ("Credit", "CLBD", "57.36", "GBP")],
            "31820": [("Credit", "ITBD", "0.00", "EUR")],
        }
        self.transactions = {
            "22289": [
                ("T1", "Credit", "BOOK", "10.00", "Cash from Aubrey"),
                ("T2", "Debit", "BOOK", "4.35", "Coffee"),
                ("T3", "Debit", "PDNG", "0.10", "Parking"),
                ("T4", "Credit", "BOOK", "1000000.01", "Sale of the boat"),
                ("T5", "Debit", "FUTR", "3.00", "Gym"),
            ],
            "31820": [],
        }

    # The customer

    def visit(self, url, *, decision="approve"):
        """The customer follows the redirect and decides; what the browser brings back to the client."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.url}/authorize?")
        wanted = self._decode(query["request"], audience=self.issuer)
        assert wanted["iss"] == wanted["client_id"] == query["client_id"] == self.client_id
        assert {name: wanted[name] for name in ("response_type", "redirect_uri", "scope", "state", "nonce")} == {
            name: query[name] for name in ("response_type", "redirect_uri", "scope", "state", "nonce")
        }
        assert wanted["exp"] - wanted["nbf"] <= 3600
        assert wanted["redirect_uri"] == self.redirect_uri
        assert wanted["response_type"] == ("code id_token" if self.hybrid else "code")
        assert wanted["code_challenge_method"] == "S256"
        intent = wanted["claims"]["id_token"]["openbanking_intent_id"]["value"]
        consent = self.consents[intent]
        kind = "accounts" if "Permissions" in consent["Data"] else "payments"
        assert wanted["scope"] == f"openid {kind}"
        assert consent["Data"]["Status"] == "AWAU"
        if decision == "deny":
            self.move(intent, "RJCT")
            return {"error": "access_denied", "state": wanted["state"]}
        self.move(intent, "AUTH")
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"intent": intent, "kind": kind, **wanted}
        back = {"code": code, "state": wanted["state"]}
        if self.hybrid:
            back["id_token"] = self.id_token(intent, wanted["nonce"], code=code, state=wanted["state"])
        return back

    def move(self, intent, status):
        self.consents[intent]["Data"] |= {"Status": status, "StatusUpdateDateTime": moment()}

    def id_token(self, intent, nonce, *, code="", state="", **other):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "sub": intent, "openbanking_intent_id": intent}
        claims |= {"nonce": nonce, "iat": now, "exp": now + 300, "acr": "urn:openbanking:psd2:sca"}
        if code:
            claims |= {"c_hash": half(code), "s_hash": half(state)}
        return jwt.encode({**claims, **other}, self.private, "PS256", headers={"kid": self.kid})

    # The server

    def reply(self, asked):
        try:
            said = self._route(asked)
        except Refusal as refusal:
            if asked.path == "/token":
                return Reply(refusal.status, {"error": refusal.code, "error_description": refusal.text})
            error = {"ErrorCode": refusal.code, "Message": refusal.text}
            said = Reply(refusal.status, {"Id": secrets.token_hex(8), "Code": str(refusal.status), "Errors": [error]})
        said.headers.setdefault("x-fapi-interaction-id", asked.headers.get("x-fapi-interaction-id", "none"))
        if asked.path.startswith(f"{PREFIX}/pisp/") and said.data is not None:
            said.headers["x-jws-signature"] = self.sign(said.body)
        return said

    def _route(self, asked):
        if asked.path == "/jwks":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key()))
            other = {"kty": "EC", "kid": "ec-1", "crv": "P-256", "x": "AA", "y": "AA", "use": "enc"}
            return Reply(200, {"keys": [other, {**key, "kid": self.kid, "use": "sig", "alg": "PS256"}]})
        if asked.path == "/token" and asked.method == "POST":
            return self._token(asked)
        steps = [unquote(step) for step in asked.path.removeprefix(PREFIX).strip("/").split("/")]
        match (asked.method, *steps):
            case ("POST", "aisp", "account-access-consents"):
                return self._new_access(asked)
            case ("GET", "aisp", "account-access-consents", intent):
                self._ours(asked, "accounts")
                return Reply(200, self._consent(intent))
            case ("DELETE", "aisp", "account-access-consents", intent):
                self._ours(asked, "accounts")
                self._consent(intent)
                del self.consents[intent]
                return Reply(204)
            case ("GET", "aisp", "accounts"):
                self._customers(asked, "ReadAccountsDetail")
                return Reply(200, {"Data": {"Account": self.accounts}, "Links": {"Self": asked.url}, "Meta": {"TotalPages": 1}})
            case ("GET", "aisp", "accounts", account, "balances"):
                self._customers(asked, "ReadBalances")
                return Reply(200, self._balances(asked, account))
            case ("GET", "aisp", "accounts", account, "transactions"):
                self._customers(asked, "ReadTransactionsDetail")
                return Reply(200, self._transactions(asked, account))
            case ("POST", "pisp", "domestic-payment-consents"):
                return self._once(asked, self._new_payment_consent)
            case ("GET", "pisp", "domestic-payment-consents", intent):
                self._ours(asked, "payments")
                return Reply(200, self._consent(intent))
            case ("GET", "pisp", "domestic-payment-consents", intent, "funds-confirmation"):
                self._customers(asked, "", intent)
                result = {"FundsAvailableDateTime": moment(), "FundsAvailable": True}
                return Reply(200, {"Data": {"FundsAvailableResult": result}, "Links": {"Self": asked.url}, "Meta": {}})
            case ("POST", "pisp", "domestic-payments"):
                return self._once(asked, self._new_payment)
            case ("GET", "pisp", "domestic-payments", payment):
                self._ours(asked, "payments")
                if payment not in self.payments:
                    raise Refusal(400, "U011", "no such payment")
                return Reply(200, self.payments[payment])
        raise Refusal(404, "U011", "no such resource")

    # Tokens

    def _decode(self, token, *, audience):
        header = jwt.get_unverified_header(token)
        assert header["alg"] == "PS256"
        return jwt.decode(
            token, self.client_keys[header["kid"]], ["PS256"], audience=audience, options={"require": ["exp", "aud"]}
        )

    def _token(self, asked):
        form = asked.fields
        if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            raise Refusal(400, "invalid_client", "private_key_jwt is wanted")
        try:
            claims = self._decode(form["client_assertion"], audience=f"{self.url}/token")
        except (jwt.InvalidTokenError, KeyError, AssertionError) as error:
            raise Refusal(401, "invalid_client", str(error)) from None
        fresh = claims["jti"] not in self.assertions and claims["exp"] - claims["iat"] <= 1800
        if not fresh or not claims["iss"] == claims["sub"] == self.client_id:
            raise Refusal(401, "invalid_client", "assertion")
        self.assertions.add(claims["jti"])
        answer = {"token_type": "Bearer", "expires_in": self.token_seconds}
        match form["grant_type"]:
            case "client_credentials":
                facts = {"intent": None, "kind": form["scope"]}
            case "authorization_code":
                facts = self.codes.pop(form.get("code"), None)
                proof = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
                if facts is None or form.get("redirect_uri") != facts["redirect_uri"] or proof != facts["code_challenge"]:
                    raise Refusal(400, "invalid_grant", "code")
                answer["id_token"] = self.id_token(facts["intent"], facts["nonce"])
            case "refresh_token":
                facts = self.refresh_tokens.pop(form.get("refresh_token"), None)
                if facts is None or facts["intent"] not in self.consents:
                    raise Refusal(400, "invalid_grant", "refresh token")
            case _:
                raise Refusal(400, "unsupported_grant_type", "grant")
        token = secrets.token_urlsafe(20)
        self.tokens[token] = {"intent": facts["intent"], "kind": facts["kind"], "ends": time.time() + self.token_seconds}
        if facts["intent"] and facts["kind"] == "accounts":
            answer["refresh_token"] = secrets.token_urlsafe(20)
            self.refresh_tokens[answer["refresh_token"]] = {"intent": facts["intent"], "kind": facts["kind"]}
        return Reply(200, {**answer, "access_token": token, "scope": facts["kind"]}, {"Cache-Control": "no-store"})

    def _bearer(self, asked):
        token = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if token is None or token["ends"] < time.time():
            raise Refusal(401, "U000", "token")
        return token

    def _ours(self, asked, kind):
        token = self._bearer(asked)
        if token["intent"] is not None or token["kind"] != kind:
            raise Refusal(403, "U022", "scope")

    def _customers(self, asked, permission, intent=None):
        token = self._bearer(asked)
        consent = self.consents.get(token["intent"])
        if consent is None or consent["Data"]["Status"] != "AUTH" or (intent and token["intent"] != intent):
            raise Refusal(403, "U009", "consent")
        if permission and permission not in consent["Data"].get("Permissions", ()):
            raise Refusal(403, "U009", "permission")
        return token["intent"]

    # Accounts

    def _consent(self, intent):
        if intent not in self.consents:
            raise Refusal(400, "U011", "no such consent")
        return self.consents[intent]

    def _new_access(self, asked):
        self._ours(asked, "accounts")
        data = asked.json["Data"]
        permissions = set(data["Permissions"])
        if "ReadTransactionsDetail" in permissions and not permissions & {"ReadTransactionsCredits", "ReadTransactionsDebits"}:
            raise Refusal(400, "U002", "credits or debits")
        intent = f"urn:bank:intent:{next(self.numbers)}"
        now = moment()
        made = {"ConsentId": intent, "CreationDateTime": now, "Status": "AWAU", "StatusUpdateDateTime": now, **data}
        self.consents[intent] = {"Data": made, "Risk": {}, "Links": {"Self": f"{asked.url}/{intent}"}, "Meta": {"TotalPages": 1}}
        return Reply(201, self.consents[intent])

    def _balances(self, asked, account):
        rows = [
            {"AccountId": account, "CreditDebitIndicator": side, "Type": kind, "DateTime": moment()}
            | {"Amount": {"Amount": amount, "Currency": currency}}
            for side, kind, amount, currency in self.balances[account]
        ]
        return {"Data": {"Balance": rows}, "Links": {"Self": asked.url}, "Meta": {"TotalPages": 1}}

    def _transactions(self, asked, account):
        currency = next(row["Currency"] for row in self.accounts if row["AccountId"] == account)
        page = int(asked.parameters.get("page", "0"))
        rows = self.transactions[account]
        start = datetime.fromisoformat(asked.parameters.get("fromBookingDateTime", "2000-01-01T00:00:00+00:00"))
        shown = []
        for number, (key, side, status, amount, text) in enumerate(rows):
            booked = datetime.now(UTC) - timedelta(days=10 * number)
            if booked < start:
                continue
            row = {"AccountId": account, "TransactionId": key, "CreditDebitIndicator": side, "Status": status}
            row |= {"BookingDateTime": moment(booked), "Amount": {"Amount": amount, "Currency": currency}}
            row |= {"TransactionInformation": text, "MerchantDetails": {"MerchantName": "Corner shop"}}
            shown.append(row)
        links = {"Self": asked.url}
        if (page + 1) * PAGE < len(shown):
            links["Next"] = f"{self.url}{asked.path}?page={page + 1}"
        total = max(1, -(-len(shown) // PAGE))
        return {"Data": {"Transaction": shown[page * PAGE : (page + 1) * PAGE]}, "Links": links, "Meta": {"TotalPages": total}}

    # Payments

    def _once(self, asked, make):
        """The same key and body give the same answer; another body is refused."""
        key = asked.headers.get("x-idempotency-key", "")
        if not 1 <= len(key) <= 40:
            raise Refusal(400, "U020", "x-idempotency-key")
        self.verify(asked)
        place = (asked.path, key)
        if place in self.idempotent:
            body, said = self.idempotent[place]
            if body != asked.body:
                raise Refusal(400, "U020", "other body under the same key")
            return Reply(said.status, said.data)
        said = make(asked)
        self.idempotent[place] = (asked.body, said)
        return said

    def verify(self, asked: Asked):
        """The detached signature, by PyJWT: the payload is put back in its place."""
        try:
            head, middle, tail = asked.headers["x-jws-signature"].split(".")
            header = json.loads(base64.urlsafe_b64decode(head + "=="))
            assert middle == ""
            assert header["alg"] == "PS256"
            assert header[ISS] == self.jws_issuer
            assert header[TAN] == "openbanking.org.uk"
            assert abs(header[IAT] - time.time()) < 300
            assert set(header["crit"]) == ({"b64"} if self.unencoded_jws else set()) | {IAT, ISS, TAN}
            assert ("b64" in header) is self.unencoded_jws
            key = jwt.PyJWK.from_dict(
                {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.client_keys[header["kid"]])), "alg": "PS256"}
            )
            payload = asked.body if self.unencoded_jws else encode(asked.body).encode()
            signature = base64.urlsafe_b64decode(tail + "==")
            assert key.Algorithm.verify(head.encode() + b"." + payload, key.key, signature)
        except (KeyError, ValueError, AssertionError) as error:
            raise Refusal(400, "U019", f"signature {error!r}") from None

    def sign(self, body):
        header = {"alg": "PS256", "kid": self.kid, "cty": "application/json", IAT: int(time.time())}
        header |= {ISS: "0015800001041RHAAY", TAN: "openbanking.org.uk", "crit": [IAT, ISS, TAN]}
        if self.unencoded_jws:
            header |= {"b64": False, "crit": ["b64", IAT, ISS, TAN]}
        head = encode(json.dumps(header).encode())
        algorithm = jwt.get_algorithm_by_name("PS256")
        payload = body if self.unencoded_jws else encode(body).encode()
        if self.spoil_signature:
            payload += b" "
        return f"{head}..{encode(algorithm.sign(head.encode() + b'.' + payload, self.private))}"

    def _new_payment_consent(self, asked):
        self._ours(asked, "payments")
        intent = f"pc-{next(self.numbers)}"
        now = moment()
        data = {"ConsentId": intent, "CreationDateTime": now, "Status": "AWAU", "StatusUpdateDateTime": now, **asked.json["Data"]}
        self.consents[intent] = {"Data": data, "Risk": asked.json["Risk"], "Links": {"Self": f"{asked.url}/{intent}"}, "Meta": {}}
        return Reply(201, json.loads(json.dumps(self.consents[intent])))

    def _new_payment(self, asked):
        data = asked.json["Data"]
        intent = self._customers(asked, "", data["ConsentId"])
        consent = self.consents[intent]
        if consent["Data"]["Initiation"] != data["Initiation"] or consent["Risk"] != asked.json["Risk"]:
            raise Refusal(400, "U008", "not what the customer authorised")
        self.move(intent, "COND")
        payment = f"pay-{next(self.numbers)}"
        now = moment()
        facts = {"DomesticPaymentId": payment, "ConsentId": intent, "CreationDateTime": now, "Status": "PDNG"}
        facts |= {"StatusUpdateDateTime": now, "Initiation": data["Initiation"]}
        self.payments[payment] = {"Data": facts, "Links": {"Self": f"{asked.url}/{payment}"}, "Meta": {}}
        return Reply(201, json.loads(json.dumps(self.payments[payment])))
