"""Who is screened, what became of a hit, and why a run was made."""

from django.db.models import TextChoices


class SubjectKind(TextChoices):
    """What a subject of screening is. Its ``key`` is the public id of the customer, external account or payment; of an owner a digest."""

    CUSTOMER = "CUSTOMER", "Customer"
    OWNER = "OWNER", "Beneficial owner"
    COUNTERPARTY = "COUNTERPARTY", "Counterparty"
    MESSAGE = "MESSAGE", "Text of a payment"


class HitState(TextChoices):
    """What a hit has come to. CLEARED is a false positive; LAPSED one that does not stand any more before anybody decided."""

    OPEN = "OPEN", "Open"
    CLEARED = "CLEARED", "Cleared: somebody else"
    CONFIRMED = "CONFIRMED", "Confirmed"
    LAPSED = "LAPSED", "Stands no more"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "warn", "CLEARED": "good", "CONFIRMED": "bad"}.get(self.value, "neutral")


class RunCause(TextChoices):
    """Why somebody was screened."""

    SUBJECT = "SUBJECT", "New or changed subject"
    LIST = "LIST", "Change of a list"
    LOOK_BACK = "LOOK_BACK", "Look-back over all"


class RunState(TextChoices):
    """Whether a run has come to its end; one that was interrupted goes on where it stopped."""

    RUNNING = "RUNNING", "Under way"
    DONE = "DONE", "Done"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"RUNNING": "warn"}.get(self.value, "neutral")


class ScreeningStatus(TextChoices):
    """What a partner may know of a customer's screening."""

    CLEAR = "CLEAR", "Clear"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
