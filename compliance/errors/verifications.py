"""Refusals of verifications and their documents."""

from flowlet.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound


class VerificationNotFound(NotFound):
    """There is no such verification."""

    code, title = "verification.not_found", "There is no such verification"


class VerificationOpen(Conflict):
    """The customer has a verification that is not decided yet; ``details`` name it."""

    code, title = "verification.open_already", "A verification of the customer is open already"


class LevelReached(Conflict):
    """The customer is verified to this level or a higher one."""

    code, title = "verification.level_reached", "The customer is verified to this level already"


class VerificationIncomplete(Conflict):
    """Items are missing, or are to be given again; ``details`` name them."""

    code, title = "verification.incomplete", "Items are missing"


class ItemsUndecided(Conflict):
    """Items have failed a check that nobody has accepted, or are not there; ``details`` name them."""

    code, title = "verification.items_undecided", "There are items to decide about first"


class ItemNotFound(NotFound):
    """The verification asks for no such item."""

    code, title = "verification.item_not_found", "There is no such item"


class MalformedOwners(Invalid):
    """Owners are persons with a name, a date of birth, a country and a share of up to 100 %, which add up to no more than 100 %."""

    code, title = "verification.malformed_owners", "The owners have the wrong form"


class OwnersNotAsked(Conflict):
    """Owners are given where the verification asks for them, before it is in review."""

    code, title = "verification.owners_not_asked", "The verification asks for no owners"


class OwnerNotFound(NotFound):
    """The verification knows of no such owner."""

    code, title = "verification.owner_not_found", "There is no such owner"


class MalformedRequirements(Invalid):
    """A level asks for items of its kind of customer, each once, and for all that the level below asks for."""

    code, title = "requirements.malformed", "The requirements have the wrong form"


class RequirementsUnchanged(Conflict):
    """The level asks for exactly this already."""

    code, title = "requirements.unchanged", "Nothing would change"


class NotAPerson(Forbidden):
    """A person decides, not a key or the system."""

    code, title = "verification.not_a_person", "A person has to decide this"


class DocumentNotFound(NotFound):
    """There is no such document, or its bytes were erased."""

    code, title = "document.not_found", "There is no such document"


class DocumentNotAsked(Conflict):
    """No item of the verification asks for a document of this type, or the one named does not."""

    code, title = "document.not_asked", "The verification asks for no such document"


class UnreadableDocument(Invalid):
    """The content is no JPEG, PNG or PDF, whatever its name says, or it is damaged or locked."""

    code, status, title = "document.unreadable", 422, "The document cannot be read"


class DocumentTooLarge(DomainError):
    """A document has up to 10 MB; a picture up to 50 million pixels."""

    code, status, title = "document.too_large", 413, "The document is too large"


class ScannerUnavailable(DomainError):
    """Documents are scanned for viruses before they are taken, and the scanner does not answer. Try again later."""

    code, status, title = "document.scanner_unavailable", 503, "Documents cannot be taken now"


class VerificationSandboxOnly(Forbidden):
    """Decisions are simulated in the sandbox alone."""

    code, title = "verification.sandbox_only", "This works in the sandbox only"
