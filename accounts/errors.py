"""Refusals of the app; those that the API's door gives for a key are ``flowlet.api.errors``'."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


class PartnerNotFound(NotFound):
    """There is no such partner."""

    code, title = "partner.not_found", "There is no such partner"


class PartnerNameTaken(Conflict):
    """Another partner has this name."""

    code, title = "partner.name_taken", "There is a partner of this name"


class UnknownTimeZone(Invalid):
    """Not an IANA time zone such as Europe/Berlin."""

    code, title = "partner.unknown_time_zone", "The time zone is not known"


class PartnerSuspended(Conflict):
    """The partner is suspended: nothing new is made for it."""

    code, title = "partner.suspended", "The partner is suspended"


class ReasonMissing(Invalid):
    """A decision of this kind needs a reason, which the audit keeps."""

    code, title = "reason.missing", "Say why"


class KeyNotFound(NotFound):
    """There is no such API key."""

    code, title = "api_key.not_found", "There is no such API key"


class UnknownScope(Invalid):
    """A scope is not in the list, or not open to keys of this mode."""

    code, title = "api_key.unknown_scope", "The scope is not known"


class MalformedNetwork(Invalid):
    """Not an IPv4 or IPv6 network in CIDR notation, such as 203.0.113.0/24."""

    code, title = "api_key.malformed_network", "The network is not in CIDR notation"


class ExpiryInThePast(Invalid):
    """The key would have expired before it was made, or the overlap is out of bounds."""

    code, title = "api_key.expiry_in_the_past", "The expiry does not lie in the future"


class KeyAlreadyRevoked(Conflict):
    """The key was revoked before."""

    code, title = "api_key.already_revoked", "The API key is revoked already"


class KeyAlreadyReplaced(Conflict):
    """The key was rotated before; rotate its successor."""

    code, title = "api_key.already_replaced", "The API key was rotated already"


class CustomerNotFound(NotFound):
    """There is no such customer."""

    code, title = "customer.not_found", "There is no such customer"


class MalformedName(Invalid):
    """A name has 1 to 200 characters, at least one letter, and no control characters."""

    code, title = "customer.malformed_name", "The name has the wrong form"


class MalformedEmail(Invalid):
    """Not an e-mail address, or longer than 254 characters."""

    code, title = "customer.malformed_email", "The e-mail address has the wrong form"


class MalformedPhone(Invalid):
    """Not a number that exists in its country's numbering plan, written as E.164 with a leading +."""

    code, title = "customer.malformed_phone", "The phone number has the wrong form"


class ImpossibleDate(Invalid):
    """The day lies in the future, or more than 130 years back for a person's birth."""

    code, title = "customer.impossible_date", "The date is not possible"


class MalformedAddress(Invalid):
    """An address has line1, city and country, and may have line2, region and postal_code."""

    code, title = "customer.malformed_address", "The address has the wrong form"


class FieldNotForKind(Invalid):
    """Persons have a birth date; businesses have an incorporation date and a registration number."""

    code, title = "customer.field_not_for_kind", "The field does not go with the kind of customer"


class MalformedExternalId(Invalid):
    """An external id has 1 to 128 printable characters."""

    code, title = "customer.malformed_external_id", "The external id has the wrong form"


class DuplicateExternalId(Conflict):
    """Another customer of the partner has this external id; ``details`` name it."""

    code, title = "customer.duplicate_external_id", "Another customer has this external id"


class CustomerClosed(Conflict):
    """The customer is closed: it can be read, and nothing else."""

    code, title = "customer.closed", "The customer is closed"


class CustomerFrozen(Conflict):
    """The customer is frozen: lift the freeze first."""

    code, title = "customer.frozen", "The customer is frozen"


class CustomerHasOpenProducts(Conflict):
    """The customer still has open wallets; close them first."""

    code, title = "customer.has_open_products", "The customer still has open wallets"


class FrozenByPlatform(Forbidden):
    """Flowlet froze the customer; only Flowlet lifts it."""

    code, title = "customer.frozen_by_platform", "The freeze is not yours to lift"


class TierUnchanged(Conflict):
    """The customer has this tier already."""

    code, title = "customer.tier_unchanged", "The customer has this tier already"


class PersonalDataErased(DomainError):
    """The customer's personal data has been erased for good; nothing can be changed about it."""

    code, status, title = "customer.personal_data_erased", 410, "The personal data has been erased"


class UserNotFound(NotFound):
    """There is no such user."""

    code, title = "user.not_found", "There is no such user"


class UserEmailTaken(Conflict):
    """Somebody signs in with this e-mail address already."""

    code, title = "user.email_taken", "The e-mail address is in use"


class UnknownRole(Invalid):
    """A role is not in the code, or does not go with this sort of user."""

    code, title = "user.unknown_role", "The role is not known"


class WeakPassword(Invalid):
    """The password is too short, too common, or too near to the name."""

    code, title = "user.weak_password", "The password is too weak"


class NotYourself(Forbidden):
    """Nobody changes their own roles or locks themselves out."""

    code, title = "user.not_yourself", "Another administrator has to do this"


class LastAdministrator(Conflict):
    """Somebody has to be able to let people in."""

    code, title = "user.last_administrator", "This is the last administrator"


class UserUnchanged(Conflict):
    """The user is in that state already."""

    code, title = "user.unchanged", "Nothing would change"


class LockoutNotFound(NotFound):
    """Nobody is locked out there, or not any more."""

    code, title = "lockout.not_found", "There is no such lockout"


class KeyUnchanged(Conflict):
    """The key has these rights and this rate already."""

    code, title = "api_key.unchanged", "Nothing would change"


class RateOutOfRange(Invalid):
    """A key may come 1 to 10,000 times a second, and a second's worth to a minute's worth at once."""

    code, title = "api_key.rate_out_of_range", "The rate is out of range"


class FactorNotFound(NotFound):
    """There is no such second factor."""

    code, title = "authentication.factor_not_found", "There is no such second factor"


class ChallengeNotFound(NotFound):
    """There is no such challenge."""

    code, title = "authentication.challenge_not_found", "There is no such challenge"


class TrustedPayeeNotFound(NotFound):
    """There is no such trusted payee, or not any more."""

    code, title = "authentication.trusted_payee_not_found", "There is no such trusted payee"


class MalformedPublicKey(Invalid):
    """Not the base64 of a SubjectPublicKeyInfo (DER) of the declared type, or missing, or given for one-time codes."""

    code, title = "authentication.malformed_public_key", "The public key has the wrong form"


class ProofUnfit(Invalid):
    """One-time codes are answered with `code`, device keys with `signature`, the base64 of what the key signed."""

    code, title = "authentication.proof_unfit", "The factor answers otherwise"


class TooManyFactors(Conflict):
    """A customer has at most five factors; revoke one first."""

    code, title = "authentication.too_many_factors", "The customer has five second factors"


class FactorNotActive(Conflict):
    """The factor is not confirmed yet, or was revoked."""

    code, title = "authentication.factor_not_active", "The second factor is not active"


class FactorLocked(Conflict):
    """Five wrong answers in a row lock a factor for a while. `details` say until when."""

    code, title = "authentication.factor_locked", "The second factor is locked"


class ChallengeOver(Conflict):
    """The challenge was answered, has failed, or its five minutes are over: make another."""

    code, title = "authentication.challenge_over", "The challenge is over"


class AuthenticationRequired(Forbidden):
    """The customer has to authenticate for this amount and payee, and no exemption holds. `details` name both: make a challenge for
    them, have it answered, and come again with its id, under another `Idempotency-Key`.
    """

    code, title = "authentication.required", "The customer has to authenticate"


class AuthenticationUnfit(DomainError):
    """The challenge does not stand for this payment. `details` say why under `unfit`: customer, amount, payee, external_id, status."""

    code, title = "authentication.unfit", "The authentication is not for this payment"
