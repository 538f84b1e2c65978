"""risk_models: the models by which customers are rated, and another one by two people, from the command line."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandError

from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from compliance.models import RiskModelVersion
from compliance.services import risk_models
from flowlet.approvals.models import Approval
from flowlet.core.actors import Actor


def request(*, file: Path, reason: str, actor: Actor, at: datetime) -> Approval:
    """What the file says over what is in force."""
    try:
        change = orjson.loads(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise CommandError(f"{file}: {error}") from None
    return risk_models.request_change(content=over(risk_models.in_force().content, change), reason=reason, actor=actor, at=at)


def over(before: Any, change: Any) -> Any:
    """What ``change`` names, in the place of what stood there; whether it makes sense is for the service to say."""
    if not isinstance(before, Mapping) or not isinstance(change, Mapping):
        return change
    return {**before, **{name: over(before.get(name), value) for name, value in change.items()}}


class Command(DeedCommand):
    help = "List risk models and show one; ask for another."
    shows = RiskModelVersion
    list_options = (option("--weights", action="store_true", help="the model in force as JSON, to be changed and asked for"),)
    deeds = (
        Deed(
            name="request",
            permission="compliance.request_risk_model",
            service=request,
            reason=REQUIRED,
            options=(option("file", type=Path, help="JSON; what it does not name stays as it is in force"),),
            help="ask for another model; another person approves",
        ),
    )

    def listed(self, *, weights: bool) -> Iterable[str]:
        """The newest first; or what is in force."""
        if weights:
            yield orjson.dumps(dict(risk_models.in_force().content), option=orjson.OPT_INDENT_2).decode()
            return
        for row in RiskModelVersion.objects.order_by("-number"):
            yield line(row.public_id, f"model {row.number}", f"{row.created_at:%Y-%m-%d}", row.reason)
        yield "model 0, as shipped"

    def described(self, row: RiskModelVersion) -> Iterable[tuple[str, Any]]:
        """What it says, and who wanted it."""
        yield from (("Model", row.number), ("In force since", row.created_at), ("Why", row.reason), ("Digest", row.digest))
        yield from (("Asked for by", row.asked_by), ("Approved by", row.approved_by))
        for factor, values in row.content["factors"].items():
            yield factor, "; ".join(line(value, points, floor) for value, (points, floor) in values.items())
        yield "Bands", "; ".join(f"{band} from {limit}" for band, limit in row.content["bands"].items())
