"""Refusals of the door itself, before any service is asked.

Each class is one ``code``; the docstring is what partners read in the error catalogue, so it says what to do.
"""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


class Unauthorized(DomainError):
    """Base of the answers to a request that shows no valid key."""

    code, status, title = "auth.invalid_key", 401, "The API key is not valid"


class MissingKey(Unauthorized):
    """The request has no `Authorization: Bearer fk_…` header. Send your API key in it."""

    code, title = "auth.missing_key", "There is no API key in the request"


class InvalidKey(Unauthorized):
    """No active key looks like this one. Check that it was copied in full and has not been revoked."""

    code, title = "auth.invalid_key", "The API key is not valid"


class ExpiredKey(Unauthorized):
    """The key was valid once. Issue a new one; rotation keeps two keys alive side by side."""

    code, title = "auth.expired_key", "The API key has expired"


class AddressNotAllowed(Forbidden):
    """The key may only be used from the addresses on its list, and the request came from another."""

    code, title = "auth.address_not_allowed", "The key may not be used from this address"


class PartnerNotActive(Forbidden):
    """The partner is not active: waiting for activation, or suspended. Talk to your contact at Flowlet."""

    code, title = "auth.partner_not_active", "The partner is not active"


class MissingScope(Forbidden):
    """The key lacks the scope that this operation needs. Use a key that has it."""

    code, title = "auth.missing_scope", "The key lacks a scope"


class RateLimited(DomainError):
    """Too many requests with this key. Wait `Retry-After` seconds; the `RateLimit` header shows what is left."""

    code, status, title = "rate_limit.exceeded", 429, "Too many requests"


class UnknownRoute(NotFound):
    """Nothing lives at this address. Compare it with the reference."""

    code, title = "route.not_found", "There is nothing at this address"


class MethodNotAllowed(DomainError):
    """The address exists, but not with this method; the `Allow` header lists those it has."""

    code, status, title = "route.method_not_allowed", 405, "The method is not allowed here"


class NotAcceptable(DomainError):
    """The `Accept` header excludes everything that this operation can answer with. Accept `application/json`."""

    code, status, title = "request.not_acceptable", 406, "The answer cannot have the wanted form"


class UnsupportedMediaType(DomainError):
    """The body is not declared as JSON. Send `Content-Type: application/json`; operations that take a file, `multipart/form-data`."""

    code, status, title = "request.unsupported_media_type", 415, "The body has another media type"


class TooLarge(DomainError):
    """The body is larger than the door lets in. Send smaller batches."""

    code, status, title = "request.too_large", 413, "The body is too large"


class LengthRequired(DomainError):
    """The body comes in chunks without its length. Send `Content-Length`."""

    code, status, title = "request.length_required", 411, "The length of the body is missing"


class MalformedJson(Invalid):
    """The body is not a JSON document in UTF-8 (RFC 8259), or is nested too deeply."""

    code, title = "request.malformed_json", "The body is not valid JSON"


class MalformedParts(Invalid):
    """The body is not multipart/form-data as RFC 7578 has it, or holds a file that the operation does not take."""

    code, title = "request.malformed_parts", "The parts of the body are malformed"


class FileMissing(Invalid):
    """The file is missing, or was sent as a text. Send it as a part with a file name."""

    code, title = "request.file_missing", "The file is missing"


class DuplicateField(Invalid):
    """A JSON object or a form names the same field twice, so that it is not clear which value is meant."""

    code, title = "request.duplicate_field", "A field appears twice"


class ForbiddenCharacter(Invalid):
    """A text holds a character that cannot be stored: NUL, half of a surrogate pair, or bytes that are not UTF-8."""

    code, title = "request.forbidden_character", "A text holds a character that cannot be stored"


class UnknownParameter(Invalid):
    """The query holds a parameter that this operation does not know. Parameters are refused rather than ignored."""

    code, title = "request.unknown_parameter", "The query parameter is not known"


class RepeatedParameter(Invalid):
    """The query holds the same parameter more than once."""

    code, title = "request.repeated_parameter", "The query parameter is repeated"


class MalformedCursor(Invalid):
    """`starting_after` and `ending_before` take the id of an item of this list, and only one of them may be given."""

    code, title = "page.malformed_cursor", "The cursor is not an id of this list"


class IdempotencyKeyMissing(Invalid):
    """Every POST needs an `Idempotency-Key` header. Make a new random one per intent and repeat it when you retry."""

    code, title = "idempotency.key_missing", "There is no Idempotency-Key"


class IdempotencyKeyMalformed(Invalid):
    """An `Idempotency-Key` has 1 to 255 visible ASCII characters and no space."""

    code, title = "idempotency.key_malformed", "The Idempotency-Key has the wrong form"


class IdempotencyKeyReused(DomainError):
    """The key was used for another request; `param` names the first field that differs. Use a new key for a new intent."""

    code, status, title = "idempotency.key_reused", 422, "The Idempotency-Key belongs to another request"


class IdempotencyInFlight(Conflict):
    """The first request with this key is still being worked on. Retry after `Retry-After` seconds."""

    code, title = "idempotency.in_flight", "The first request with this key is not finished"


class ServerBusy(DomainError):
    """A lock or a time limit stood in the way; nothing was changed. Retry with the same Idempotency-Key."""

    code, status, title = "server.busy", 503, "The server is busy"


class ServerFault(DomainError):
    """A defect on our side, logged under `request_id`. A POST may be retried safely with the same Idempotency-Key."""

    code, status, title = "server.fault", 500, "Something went wrong on our side"
