"""Boxes of the first page count the work of the modes that officers work on."""

import pytest

from accounts.choices import Mode
from compliance.admin import due_diligence, rights
from compliance.services import ratings
from compliance.services import rights as rights_service
from compliance.tests import kyc
from flowlet.core import clock


@pytest.mark.parametrize(("modes", "counted"), [(("LIVE",), 1), (("LIVE", "SANDBOX"), 2)])
def test_due_diligence_and_requests_of_persons_wait_where_officers_work_on_sandboxes(db, settings, modes, counted):
    settings.WORKED_MODES = modes
    told = {"channel": "REMOTE", "profession": "EMPLOYED", "is_exposed": True, "reason": "as told", "actor": kyc.SYSTEM}
    for mode in (Mode.LIVE, Mode.SANDBOX):
        customer = kyc.person(kyc.company(name=f"Acme {mode}", mode=mode))
        ratings.declare(customer_id=customer.pk, **told, at=clock.now())
        rights_service.receive(customer_id=customer.pk, kind="ACCESS", actor=kyc.SYSTEM, at=clock.now())
    assert [load(None).count for load in (due_diligence.waiting, rights.due)] == [counted] * 2
