"""Rules stand as the audit tells of them; what was written, changed or let go live past the services is found."""

import json

import pytest

from compliance.tests.test_rule_releases import AT, DRAFTED, in_shadow, manager, officer, vocabulary  # noqa: F401
from flowlet.audit import witnesses
from flowlet.audit.tests.tampering import tampered
from flowlet.rules.choices import RuleStatus
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.services import version_proofs, versions

pytestmark = pytest.mark.django_db(transaction=True)
VERSIONS, SETS = "flowlet_rules_ruleversion", "flowlet_rules_ruleset"
OTHER = {"op": "eq", "left": {"fact": "action"}, "right": {"value": "nothing"}}


def found():
    return list(version_proofs.differences())


@pytest.fixture
def live(officer, manager):  # noqa: F811
    """The third version, live; the one before was retired for it, and a fourth is a draft."""
    first = in_shadow(officer)
    versions.release(ruleversion_id=first.pk, actor=manager, at=AT, reason="Looks right.")
    again = {"rule_set": "records", "name": "drafted", "title": "Drafts", "actor": officer, "at": AT}
    versions.draft(**again, note="Wider.", condition={"not": OTHER}, effect={"priority": 50})
    return RuleVersion.objects.get(pk=first.pk)


def test_rules_stand_as_they_were_written_tried_released_and_retired(live, manager):  # noqa: F811
    assert (live.status, RuleVersion.objects.count(), found()) == (RuleStatus.LIVE, 2, [])
    versions.retire(ruleversion_id=live.pk, actor=manager, at=AT, reason="Enough.")
    assert found() == []
    assert [text for text in witnesses.differences() if text.startswith("rules:")] == []


@pytest.mark.parametrize(
    "change",
    [
        "condition = '{\"not\": null}'",
        "condition = '{\"right\": 1e400}'",
        'effect = \'{"outcome": "ALLOW"}\'',
        "digest = repeat('0', 64)",
        "name = 'other'",
        "number = 7",
        "note = 'Because.'",
        "maker_id = 'usr_other'",
        "created_at = created_at - interval '1 day'",
    ],
)
def test_a_rule_that_says_something_else_is_found(live, superuser_connection, change):
    with tampered(superuser_connection, VERSIONS, f"UPDATE {VERSIONS} SET {change} WHERE id = %s", [str(live.pk)]):
        assert found() == [f"{live.public_id} does not say what was written."]
    assert found() == []


def test_a_rule_whose_digest_was_made_anew_is_found(live, superuser_connection):
    digest = versions.digest_of("tests.record", OTHER, live.effect)
    assert versions.digest_of("tests.record", DRAFTED, live.effect) == live.digest
    change = f"UPDATE {VERSIONS} SET condition = %s, digest = %s WHERE id = %s"
    with tampered(superuser_connection, VERSIONS, change, [json.dumps(OTHER), digest, str(live.pk)]):
        assert found() == [f"{live.public_id} does not say what was written."]


def test_a_rule_that_was_moved_removed_or_made_up_is_found(live, superuser_connection):
    draft = RuleVersion.objects.get(number=2)
    by = f"{live.public_id} does not say who decided that it is live, and when."
    made_up = "rul_01k9zzzzzzzzzzzzzzzzzzzzzz"
    for statement, expected in (
        (f"UPDATE {VERSIONS} SET status = 'RETIRED' WHERE number = 1", f"{live.public_id} is retired, and nobody decided so."),
        (f"UPDATE {VERSIONS} SET status = 'SHADOW' WHERE number = 2", f"{draft.public_id} is shadow, and nobody decided so."),
        (f"UPDATE {VERSIONS} SET checker_id = 'usr_other' WHERE number = 1", by),
        (f"UPDATE {VERSIONS} SET moved_at = now() WHERE number = 1", by),
        (f"DELETE FROM {VERSIONS} WHERE number = 2", f"{draft.public_id} was written, and is not there any more."),
        (
            f"UPDATE {VERSIONS} SET id = '{RuleVersion.key(made_up)}', number = 3 WHERE number = 2",
            f"{made_up} is there, and nobody wrote it.",
        ),
    ):
        with tampered(superuser_connection, VERSIONS, statement):
            assert expected in found()
            assert len(found()) == (2 if made_up in expected else 1)
    assert found() == []


def test_a_set_that_speaks_of_something_else_is_found(live, superuser_connection):
    row = RuleSet.objects.get()
    altered = f"{row.public_id} does not say what was opened."
    rules = [f"{one.public_id} does not say what was written." for one in RuleVersion.objects.order_by("pk")]
    for column in ("vocabulary", "name"):
        with tampered(superuser_connection, SETS, f"UPDATE {SETS} SET {column} = 'tests.other'"):
            assert found() == [altered, *rules]
    with tampered(superuser_connection, SETS, f"UPDATE {SETS} SET id = '{live.pk}'"):
        assert f"{row.public_id} was opened, and is not there any more." in found()
