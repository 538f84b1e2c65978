"""seed_demo as a command: credentials, refusals."""

import json
import stat

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Partner

SCALE = 0.05


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_private_credentials_and_refuses_a_second_time(tmp_path, settings, capsys):
    file = tmp_path / "credentials.json"
    call_command("seed_demo", scale=SCALE, credentials=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text())
    assert (len(content["users"]), len(content["partners"])) == (8, 2)
    assert "verified clean" in capsys.readouterr().out
    with pytest.raises(CommandError, match="partners already"):
        call_command("seed_demo", scale=SCALE)


@pytest.mark.django_db
def test_the_command_refuses_in_production(settings):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="not in production"):
        call_command("seed_demo")
    assert not Partner.objects.exists()
