"""The partner guide is true: its commands are executed in their order, with the ids that its answers gave."""

import base64
import re
import shlex
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.test import Client

from accounts.services import authentication_proofs as proofs
from flowlet.api import catalogue
from flowlet.core import clock

GUIDE = Path(settings.BASE_DIR) / "docs" / "guides" / "partner.md"


def commands(title):
    """The curl commands of a chapter as (path, headers, body)."""
    steps = GUIDE.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    for block in re.findall(r"```bash\n(.*?)```", steps, re.DOTALL):
        for command in re.split(r"\n\n", block.replace("\\\n", " ").strip()):
            words = shlex.split(command)
            assert words[:2] == ["curl", "-sS"]
            headers = [words[index + 1] for index, word in enumerate(words) if word == "-H"]
            yield (
                words[2].removeprefix("$FLOWLET"),
                dict(header.split(": ", 1) for header in headers),
                words[words.index("-d") + 1],
            )


def run(title, key, known):
    """Send the chapter's commands in their order; ``known`` is what stands for its placeholders, and grows by what is made."""
    for address, headers, written in commands(title):
        path, body = address, written
        headers["Authorization"] = headers["Authorization"].replace("$FLOWLET_KEY", key)
        for placeholder, value in known.items():
            path, body = path.replace(placeholder, value), body.replace(placeholder, value)
        assert "…" not in path + body
        response = Client().generic("POST", path, body.encode(), content_type=headers.pop("Content-Type"), headers=headers)
        assert response.status_code in {200, 201}, response.content
        made = response.json()
        prefix, who = made["id"].partition("_")[0], headers["Idempotency-Key"].partition("-")[0]
        known[f"{prefix}_…{who}"] = made["id"]
        yield path, headers, body, response


def test_the_first_transfer_works_as_written(world):
    client, known = Client(), {}
    answers = list(run("Your first transfer", world.sandbox.key, known))
    assert {answer.status_code for *_, answer in answers} == {201}
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


def test_a_payer_is_asked_as_written(world):
    known = {}
    list(run("Your first transfer", world.sandbox.key, known))
    chapter = run("Asking the payer", world.sandbox.key, known)
    enrolled = next(chapter)[-1].json()
    secret = base64.b32decode(parse_qs(urlsplit(enrolled["otpauth_uri"]).query)["secret"][0])
    step = proofs.step_at(clock.now())
    known |= {"492039": proofs.code_at(secret, step), "183446": proofs.code_at(secret, step + 1)}
    confirmed, asked, answered, paid = (answer.json() for *_, answer in chapter)
    assert (confirmed["status"], asked["status"], answered["status"]) == ("ACTIVE", "PENDING", "PASSED")
    assert answered["message"].split("\n")[1:6] == [asked["id"], known["cus_…ada"], "20.00", "USD", known["wal_…ben"]]
    assert (paid["status"], paid["strong_authentication"]["means"]) == ("SETTLED", "CHALLENGE")
    assert paid["strong_authentication"]["challenge_id"] == asked["id"]


def test_codes_in_the_guide_exist():
    for code in re.findall(r"`([a-z_]+\.[a-z_]+)`", GUIDE.read_text(encoding="utf-8")):
        assert code in catalogue.by_code() or code in catalogue.FIELD_CODES, code
