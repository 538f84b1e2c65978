"""rules: what rules there are, and what is done with them, from the command line."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import CommandError

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option, write_new
from compliance.policies import rule_parameters
from compliance.services import rule_drafts, rule_releases, scenarios
from flowlet.core.actors import Actor
from flowlet.rules import selectors
from flowlet.rules.models import Backtest, RuleVersion
from flowlet.rules.services import backtests, files, versions

WRITE = "compliance.write_rule"


def take(*, file: Path, actor: Actor, at: datetime) -> str:
    """Drafts of what is new in the file."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    return _drafted(*files.take(content=content, actor=actor, at=at))


def _drafted(made: Iterable[RuleVersion], same: int) -> str:
    return "\n".join([*(line(one.public_id, one.name, f"version {one.number}") for one in made), f"{same} unchanged"])


def export(*, rule_set: str, file: Path, actor: Actor, at: datetime) -> str:
    """A new file with the newest version of each rule."""
    found = rule_drafts.export(rule_set=rule_set, actor=actor, at=at)
    return write_new(file, orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def change(*, ruleversion_id: UUID, numbers: list[str], reason: str, actor: Actor, at: datetime) -> RuleVersion:
    """A draft with other numbers."""
    values = dict(text.partition("=")[::2] for text in numbers)
    return rule_drafts.change(ruleversion_id=ruleversion_id, values=values, reason=reason, actor=actor, at=at)


class Command(DeedCommand):
    help = "List rules and show one; take rules in from a file, try them on the past, watch them, ask for them to take effect."
    list_options = (option("--set", keyword="rule_set", default="", help="of this set only"),)
    shows = RuleVersion
    deeds = (
        Deed(
            name="import",
            permission=WRITE,
            service=take,
            options=(option("file", type=Path, help="JSON, as export writes it"),),
            told=str,
            help="drafts of the rules of a file that say something new",
        ),
        Deed(
            name="draft-shipped",
            permission=WRITE,
            service=scenarios.draft_shipped,
            told=lambda done: _drafted(*done),
            help="drafts of the scenarios that come with the platform, of what is new in them",
        ),
        Deed(
            name="export",
            permission=WRITE,
            service=export,
            options=(option("rule_set", help="name of the set"), option("file", type=Path, help="a file that is not there yet")),
            told=str,
            help="the newest version of each rule of a set",
        ),
        Deed(
            name="change",
            model=RuleVersion,
            permission=WRITE,
            service=change,
            options=(option("numbers", nargs="+", metavar="NAME=VALUE", help="such as p2=12500.00; show names them"),),
            reason=REQUIRED,
            help="a draft that says the same with other numbers",
        ),
        Deed(
            name="backtest",
            model=RuleVersion,
            permission=WRITE,
            service=backtests.run,
            options=(
                option("--from", keyword="since", type=arguments.moment, required=True, metavar="MOMENT", help="with its zone"),
                option("--until", type=arguments.moment, required=True, metavar="MOMENT", help="with its zone"),
            ),
            told=lambda made: "\n".join(_backtest(made)),
            help="ask a version about everything that happened",
        ),
        Deed(name="shadow", model=RuleVersion, permission=WRITE, service=versions.start_shadow, help="ask it without effect"),
        Deed(
            name="request-release",
            model=RuleVersion,
            permission=WRITE,
            service=rule_releases.request_release,
            reason=REQUIRED,
            help="ask for it to take effect; another person approves",
        ),
        Deed(
            name="retire",
            model=RuleVersion,
            permission=WRITE,
            service=rule_releases.retire,
            reason=REQUIRED,
            help="end a version that has no effect",
        ),
        Deed(
            name="request-retirement",
            model=RuleVersion,
            permission=WRITE,
            service=rule_releases.request_retirement,
            reason=REQUIRED,
            help="ask for its end; another person approves",
        ),
    )

    def listed(self, *, rule_set: str) -> Iterable[str]:
        """By set and name, the newest version first."""
        found = RuleVersion.objects.select_related("rule_set").order_by("rule_set__name", "name", "-number")
        for version in found.filter(rule_set__name=rule_set) if rule_set else found:
            problem = selectors.problem_with(version)
            yield line(
                version.public_id,
                version.rule_set.name,
                version.name,
                f"version {version.number}",
                version.get_status_display().lower(),
                version.title,
                problem and f"cannot be read: {problem}",
            )

    def described(self, row: RuleVersion) -> Iterable[tuple[str, Any]]:
        """What it says, in words and in JSON, and what became of it."""
        yield from {
            "Set": row.rule_set.name,
            "Rule": f"{row.name}, version {row.number}",
            "Title": row.title,
            "Status": row.get_status_display(),
            "Written by": f"{row.maker_label or row.maker_id}, {row.created_at:%Y-%m-%d %H:%M}",
            "Why": row.note,
            "Released by": row.checker_label or row.checker_id,
            "Matches when": selectors.compiled(row).words,
            "Condition": orjson.dumps(row.condition).decode(),
            "Effect": orjson.dumps(row.effect).decode() if row.effect else "",
            "Digest": row.digest,
        }.items()
        for one in rule_parameters.parameters(selectors.compiled(row).condition):
            yield one.name, f"{one.label} {one.text} {one.unit}".strip()
        for tried in row.backtests.order_by("-pk")[:5]:
            yield "Backtest", ", ".join(_backtest(tried))


def _backtest(made: Backtest) -> Iterable[str]:
    days = max(1, (made.until - made.since).days)
    yield f"{made.since:%Y-%m-%d %H:%M} to {made.until:%Y-%m-%d %H:%M} UTC"
    yield f"{made.hits:,} hits of {made.judged:,}, {made.hits / days:,.1f} a day"
    yield f"{made.unknown:,} of which it cannot tell"
    if made.live_version_id is not None:
        yield f"{made.live_hits:,} hits of the live version, {made.both:,} of both"
