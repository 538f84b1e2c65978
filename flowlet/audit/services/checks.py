"""Read the trail aloud: verify it and write down what was found."""

import logging
from datetime import datetime

from flowlet.audit.selectors import chain
from flowlet.audit.services import log
from flowlet.core.actors import Actor

logger = logging.getLogger(__name__)
TARGET = "audit"


def verify(*, actor: Actor, at: datetime) -> chain.Verification:
    """Verify the whole chain and add the result to the trail as ``audit.verified`` or ``audit.broken``.

    A break is also logged as critical, with the record it names.
    """
    found = chain.verify()
    after = {"blocks": found.blocks, "records": found.records, "head": found.head_hash, "unsealed": found.unsealed}
    if found.first_break is not None:
        after["break"] = found.first_break.message
        logger.critical("The audit trail does not verify: %s", found.first_break.message)
    log.record(action="audit.verified" if found.intact else "audit.broken", actor=actor, at=at, target=TARGET, after=after)
    return found
