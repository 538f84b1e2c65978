"""The way to a UK Open Banking bank: our tokens, the customer's authorisation, signed messages, pages.

Never repeated by itself: the exchange of a code and of a refresh token, which are good once, and a client assertion, which is, too.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flowlet.core.errors import Invalid
from flowlet.core.outbound import Answer, NotAuthorized, Outbound, Unavailable
from payments.errors import (
    BankAnswerMalformed,
    BankRefused,
    CallbackRefused,
    ConsentLapsed,
    ConsentRefused,
)
from payments.providers.openbanking import answers, jose
from payments.providers.openbanking.vocabulary import NOBODY, Session, Visitor

TOKEN_MARGIN_SECONDS = 30
_KEYS_SECONDS = 600
_PAGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A bank's addresses and who we are there.

    ``api_base`` ends before ``/aisp`` and ``/pisp``; ``jws_issuer`` is organisation/software in the directory ``trust_anchor``.
    ``hybrid`` is FAPI 1.0 Advanced's own flow; ``unencoded_jws`` is for banks with the signatures of 3.1.3 and before.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    api_base: str
    client_id: str
    redirect_uri: str
    key: jose.Key = field(repr=False)
    jws_issuer: str
    trust_anchor: str = "openbanking.org.uk"
    hybrid: bool = True
    unencoded_jws: bool = False


def error_code(data: Any) -> str:
    """The bank's own code in an error: of the API (``Errors``), or of OAuth (``error``)."""
    return answers.maybe(data, "Errors", 0, "ErrorCode") or answers.maybe(data, "error")


class Connection:
    """The way to one bank. ``connect`` makes the HTTP layer for an address, with certificates and time-outs."""

    def __init__(self, config: Config, *, connect: Callable[[str], Outbound]) -> None:
        self.config = config
        self.api = connect(config.api_base)
        self._token, self._token_path = _at(config.token_endpoint, connect)
        self._jwks, self._jwks_path = _at(config.jwks_uri, connect)
        self._tokens: dict[str, tuple[str, float]] = {}
        self._keys: tuple[dict[str, Any], float] = ({}, 0.0)

    def client_token(self, scope: str, *, at: datetime) -> str:
        """Our own token (client credentials); kept until it ends."""
        token, ends = self._tokens.get(scope, ("", 0.0))
        if token and at.timestamp() < ends - TOKEN_MARGIN_SECONDS:
            return token
        form = [("grant_type", "client_credentials"), ("scope", scope)]
        try:
            answer = self.ask_token(form, at=at, safe=True)
        except Unavailable:
            answer = self.ask_token(form, at=at, safe=True)  # anew and not repeated: an assertion is good once
        token = answers.text(answer.data, "access_token")
        self._tokens[scope] = (token, at.timestamp() + _seconds(answer.data))
        return token

    def ask_token(self, form: list[tuple[str, str]], *, at: datetime, safe: bool = False) -> Answer:
        """Ask the token endpoint, once. Raises BankRefused when the grant is not good, and what the HTTP layer raises."""
        config = self.config
        assertion = jose.client_assertion(key=config.key, client_id=config.client_id, audience=config.token_endpoint, at=at)
        proof = [
            ("client_id", config.client_id),
            ("client_assertion_type", jose.ASSERTION_TYPE),
            ("client_assertion", assertion),
        ]
        try:
            return self._token.call(
                "POST", self._token_path, operation="token", form=[*form, *proof], safe=safe, repeatable=False
            )
        except Exception as error:
            code = getattr(error, "provider_code", "")
            if code in {"invalid_grant", "access_denied"}:
                raise BankRefused(provider_code=code) from error
            raise

    def authorization_url(self, session: Session, scope: str, intent_id: str, *, at: datetime) -> str:
        """Where the customer authorises the consent ``intent_id``."""
        config = self.config
        response_type = "code id_token" if config.hybrid else "code"
        challenge = jose.b64(hashlib.sha256(session.code_verifier.encode()).digest())
        signed = jose.request_object(
            key=config.key,
            client_id=config.client_id,
            issuer=config.issuer,
            redirect_uri=config.redirect_uri,
            response_type=response_type,
            scope=scope,
            state=session.state,
            nonce=session.nonce,
            intent_id=intent_id,
            code_challenge=challenge,
            at=at,
        )
        query = {
            "response_type": response_type,
            "client_id": config.client_id,
            "redirect_uri": config.redirect_uri,
            "scope": scope,
            "state": session.state,
            "nonce": session.nonce,
            "request": signed,
        }
        return f"{config.authorization_endpoint}?{urlencode(query)}"

    def authorised(self, session: Session, intent_id: str, callback: Mapping[str, str], *, at: datetime) -> Session:
        """Check what the customer brought back, and exchange the code. Raises CallbackRefused, ConsentRefused, OutcomeUnknown."""
        answers.check_state(session, callback)
        config = self.config
        if callback.get("iss", config.issuer) != config.issuer:  # RFC 9207
            raise CallbackRefused("The answer is another bank's.", param="iss")
        if callback.get("error"):
            raise ConsentRefused(provider_code=callback["error"][:100])
        code = callback.get("code", "")
        if not code:
            raise CallbackRefused("There is no code in it.", param="code")
        if config.hybrid:
            self._read_id_token(callback.get("id_token", ""), session, intent_id, at=at, code=code, state=session.state)
        form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", config.redirect_uri),
            ("code_verifier", session.code_verifier),
        ]
        try:
            answer = self.ask_token(form, at=at)
        except BankRefused as refusal:
            raise ConsentRefused(provider_code=refusal.details.get("provider_code", "")) from refusal
        token = answers.maybe(answer.data, "id_token")
        if token or not config.hybrid:
            self._read_id_token(token, session, intent_id, at=at)
        return with_tokens(session, answer.data, at=at)

    def _read_id_token(
        self, token: str, session: Session, intent_id: str, *, at: datetime, code: str = "", state: str = ""
    ) -> None:
        jose.read_id_token(
            token,
            keys=self._bank_keys(jose.key_id(token), at=at),
            issuer=self.config.issuer,
            client_id=self.config.client_id,
            nonce=session.nonce,
            intent_id=intent_id,
            at=at,
            code=code,
            state=state,
        )

    def _bank_keys(self, wanted: str, *, at: datetime) -> dict[str, Any]:
        """The bank's public keys; fetched again after ten minutes, and once a minute at most for a key that is not among them."""
        keys, fetched = self._keys
        age = at.timestamp() - fetched
        if age > _KEYS_SECONDS or age < 0 or (wanted not in keys and age > 60):
            keys = jose.public_keys(self._jwks.call("GET", self._jwks_path, operation="keys").data)
            self._keys = (keys, at.timestamp())
        return keys

    def headers(self, token: str, visitor: Visitor = NOBODY) -> dict[str, str]:
        """The token, and where the wish comes from."""
        headers = {"Authorization": f"Bearer {token}"}
        if visitor.ip:
            headers["x-fapi-customer-ip-address"] = visitor.ip
        if visitor.user_agent:
            headers["x-customer-user-agent"] = visitor.user_agent
        return headers

    def pages(
        self, path: str, operation: str, session: Session, visitor: Visitor, *, query: Mapping[str, str] | None = None
    ) -> Iterator[Any]:
        """The pages of a list, along ``Links.Next``. Raises ConsentLapsed when the bank no longer honours the token."""
        for _ in range(_PAGES):
            try:
                answer = self.api.call(
                    "GET", path, operation=operation, query=query, headers=self.headers(session.access_token, visitor)
                )
            except NotAuthorized as refusal:
                raise ConsentLapsed(provider_code=refusal.provider_code) from refusal
            yield answer.data
            following = answers.maybe(answer.data, "Links", "Next")
            if not following:
                return
            path, query = answers.below(self.api.base_url, following), None
        raise BankAnswerMalformed("The list does not end.", field="Links.Next")

    def post_signed(
        self, path: str, data: dict[str, Any], *, operation: str, token: str, key: str, visitor: Visitor, at: datetime
    ) -> Answer:
        """POST with our detached signature and an idempotency key; the answer's signature is checked."""
        if not 1 <= len(key) <= 40 or key != key.strip():
            raise Invalid("An idempotency key has at most 38 characters and no spaces at its ends.", param="key")
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        config = self.config
        signature = jose.sign_detached(
            body,
            key=config.key,
            issuer=config.jws_issuer,
            trust_anchor=config.trust_anchor,
            at=at,
            unencoded=config.unencoded_jws,
        )
        headers = {**self.headers(token, visitor), "Content-Type": "application/json", "x-jws-signature": signature}
        answer = self.api.call("POST", path, operation=operation, content=body, headers=headers, idempotency_key=key)
        self.check_signature(answer, at=at)
        return answer

    def check_signature(self, answer: Answer, *, at: datetime) -> None:
        """Raise BankAnswerMalformed unless the bank signed this answer."""
        signature = answer.headers.get("x-jws-signature", "")
        jose.verify_detached(
            signature,
            answer.body,
            keys=self._bank_keys(jose.key_id(signature), at=at),
            trust_anchor=self.config.trust_anchor,
            at=at,
            unencoded=self.config.unencoded_jws,
        )


def _at(url: str, connect: Callable[[str], Outbound]) -> tuple[Outbound, str]:
    parts = urlsplit(url)
    return connect(f"{parts.scheme}://{parts.netloc}"), parts.path or "/"


def _seconds(data: Any) -> float:
    value = answers.take(data, "expires_in") if isinstance(data, dict) and "expires_in" in data else 300
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        raise BankAnswerMalformed("expires_in is not a number.", field="expires_in") from None


def with_tokens(session: Session, data: Any, *, at: datetime) -> Session:
    """The session with the tokens of an answer; the refresh token stays when there is no new one."""
    return session.having(
        access_token=answers.text(data, "access_token"),
        refresh_token=answers.maybe(data, "refresh_token") or session.refresh_token,
        token_expires_at=at.timestamp() + _seconds(data),
    )
