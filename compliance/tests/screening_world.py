"""Lists in force and people to be screened, made by the real services."""

from datetime import UTC, datetime

from accounts.models import Customer
from accounts.services import customers
from compliance.models import Hit, ScreeningSubject, WatchlistVersion
from compliance.policies.screening.profiles import Profile
from compliance.providers.watchlists import ofac, own
from compliance.providers.watchlists.entries import EntryKind
from compliance.providers.watchlists.reading import SourceFile
from compliance.services import screening, screening_runs, watchlist_imports
from compliance.tests.watchlist_samples import sdn_row
from flowlet.core import actors

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROBOT = actors.system("tests")
BRANNIKOV = (101, "BRANNIKOV, Fyodor Pavlovich")
TARHUNI = (102, "AL-TARHUNI, Muhammad Abd al-Rahman")
DELTORA = (103, "DELTORA INSTRUMENT PLANT JSC")


def sanctions(*rows, at=AT, aliases=(), **more) -> WatchlistVersion:
    """OFAC's list with these rows: number, name, and perhaps remarks."""
    lines = [
        sdn_row(number, name, kind="-0- " if name.endswith("JSC") else "individual", remarks=rest[0] if rest else "-0- ")
        for number, name, *rest in rows
    ]
    files = [SourceFile(ofac.PRIMARY, "sdn.csv", b"".join(lines) + b"\x1a")]
    if aliases:
        said = [f'{number},{place},"aka","{name}",-0- \r\n'.encode() for place, (number, name) in enumerate(aliases, start=1)]
        files.append(SourceFile(ofac.ALIASES, "alt.csv", b"".join(said) + b"\x1a"))
    return watchlist_imports.bring_in(
        code="ofac-sdn", files=files, actor=ROBOT, at=at, allow_older=True, allow_removals=True, **more
    )


def exposed(*names, at=AT) -> WatchlistVersion:
    """A list of politically exposed persons."""
    lines = "".join(f"{number},PERSON,{name}\n" for number, name in enumerate(names, start=1))
    files = [SourceFile(own.LIST, "pep.csv", f"id,kind,name\n{lines}".encode())]
    return watchlist_imports.bring_in(code="pep-house", files=files, actor=ROBOT, at=at)


def person(partner, name, *, born=None, country="DE", at=AT, **more) -> Customer:
    """A customer, not screened yet."""
    given = {"kind": "PERSON", "name": name, "country": country, "born_on": born}
    return customers.create(partner_id=partner.pk, actor=ROBOT, at=at, **given | more)


def screened(customer, at=AT):
    """Screen a customer as the task does."""
    return screening.screen_customer(customer=Customer.objects.get(pk=customer.pk), actor=ROBOT, at=at)


def change(version, at=AT):
    """Screen a change of a list as the task does."""
    return screening_runs.after_change(version=version, actor=ROBOT, at=at)


def hits(customer=None) -> list[tuple[str, str]]:
    """Entry and state of the hits, by entry."""
    rows = Hit.objects.all() if customer is None else Hit.objects.filter(subject__customer=customer)
    return sorted(rows.values_list("entry", "state"))


def subject_of(customer) -> ScreeningSubject:
    """The customer as a subject."""
    return ScreeningSubject.objects.get(kind="CUSTOMER", customer=customer)


def profile(name, kind=EntryKind.PERSON, **more) -> Profile:
    """Somebody to ask about."""
    return Profile(names=(name,), kind=kind, **more)
