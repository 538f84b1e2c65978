"""What an auditor takes home."""

import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from flowlet.audit.models import Record
from flowlet.audit.tests.conftest import AT

pytestmark = pytest.mark.django_db(transaction=True)


def exported(*args):
    out = StringIO()
    call_command("export_audit", "-", "--reason", "yearly audit", *args, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_export_holds_every_record_whole_and_personal_values_encrypted(write):
    subject = uuid4()
    record = write(1, before={"a": 1}, personal={"after": {"name": "Ada"}}, subject_id=subject)
    [line] = exported()
    assert line == {
        "id": record.pk,
        "at": "2026-03-01T09:30:00+00:00",
        "action": "wallet.frozen",
        "target": "wal_1",
        "partner_id": None,
        "actor": {
            "kind": "staff",
            "id": "usr_officer",
            "label": "Compliance officer",
            "ip": "192.0.2.7",
            "request_id": "req-1",
        },
        "reason": "deed 1",
        "before": {"a": 1},
        "after": {"number": 1},
        "subject_id": str(subject),
        "personal": bytes(record.personal).hex(),
        "recorded_xid": record.recorded_xid,
    }


def test_an_export_is_narrowed_by_thing_actor_and_time_and_is_audited(write):
    write(1, at=AT - timedelta(days=1))
    write(1)
    write(2)
    assert [line["target"] for line in exported("--target", "wal_2")] == ["wal_2"]
    assert [line["id"] for line in exported("--since", "2026-03-01T00:00:00Z", "--actor", "usr_officer")] == [2, 3]
    assert [line["id"] for line in exported("--until", "2026-03-01T00:00:00Z")] == [1]
    deed = Record.objects.filter(action="audit.exported").order_by("id").first()
    assert (deed.reason, deed.after["records"], deed.after["target"]) == ("yearly audit", 1, "wal_2")


def test_a_file_is_readable_for_its_owner_only_and_never_overwritten(write, tmp_path):
    write(1)
    path = tmp_path / "audit.jsonl"
    call_command("export_audit", str(path), "--reason", "yearly audit")
    assert len(path.read_text().splitlines()) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_audit", str(path), "--reason", "yearly audit")
    assert Record.objects.filter(action="audit.exported").count() == 1


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--until", "2026-03-01T00:00:00"], ["--reason", " "]])
def test_an_export_without_reason_or_with_half_a_moment_is_refused(arguments):
    with pytest.raises(CommandError):
        call_command("export_audit", "-", "--reason", "x", *arguments)
    assert not Record.objects.exists()
