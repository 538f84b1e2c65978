"""The partner guide is true: its commands are executed in their order, with the ids that its answers gave."""

import re
import shlex
from pathlib import Path

from django.conf import settings
from django.test import Client

from flowlet.api import catalogue

GUIDE = Path(settings.BASE_DIR) / "docs" / "guides" / "partner.md"
STEPS = GUIDE.read_text(encoding="utf-8").split("## Your first transfer")[1].split("\n## ")[0]


def commands():
    """The curl commands of the first transfer as (path, headers, body)."""
    for block in re.findall(r"```bash\n(.*?)```", STEPS, re.DOTALL):
        for command in re.split(r"\n\n", block.replace("\\\n", " ").strip()):
            words = shlex.split(command)
            assert words[:2] == ["curl", "-sS"]
            headers = [words[index + 1] for index, word in enumerate(words) if word == "-H"]
            yield (
                words[2].removeprefix("$FLOWLET"),
                dict(header.split(": ", 1) for header in headers),
                words[words.index("-d") + 1],
            )


def test_the_first_transfer_works_as_written(world):
    client, known, answers = Client(), {}, []
    for path, headers, written in commands():
        body = written
        headers["Authorization"] = headers["Authorization"].replace("$FLOWLET_KEY", world.sandbox.key)
        for placeholder, value in known.items():
            body = body.replace(placeholder, value)
        assert "…" not in body
        response = client.generic("POST", path, body.encode(), content_type=headers.pop("Content-Type"), headers=headers)
        assert response.status_code == 201, response.content
        answers.append((path, headers, body, response))
        made = response.json()
        prefix, who = made["id"].partition("_")[0], headers["Idempotency-Key"].partition("-")[0]
        known[f"{prefix}_…{who}"] = made["id"]
    path, headers, body, first = answers[-1]
    assert path == "/v1/transfers"
    left = {balance["wallet_id"]: balance["available"] for balance in first.json()["balances"]}
    assert left == {
        known["wal_…ada"]: {"amount": "37.50", "currency": "USD"},
        known["wal_…ben"]: {"amount": "12.50", "currency": "USD"},
    }
    again = client.generic("POST", path, body.encode(), content_type="application/json", headers=headers)
    assert again["Idempotency-Replayed"] == "true" and again.content == first.content
    listed = client.get("/v1/transfers", headers={"Authorization": headers["Authorization"]}).json()
    assert [each["id"] for each in listed["data"]] == [first.json()["id"]]


def test_codes_in_the_guide_exist():
    for code in re.findall(r"`([a-z_]+\.[a-z_]+)`", GUIDE.read_text(encoding="utf-8")):
        assert code in catalogue.by_code() or code in catalogue.FIELD_CODES, code
