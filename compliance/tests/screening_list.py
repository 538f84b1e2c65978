"""A small list of invented entries, in the typed form that every reader yields."""

from compliance.providers.watchlists.entries import (
    Entry,
    EntryKind,
    Gender,
    Identifier,
    ListedName,
    NameQuality,
    PartialDate,
)

BRANNIKOV = Entry(
    id="own-1",
    kind=EntryKind.PERSON,
    names=(
        ListedName("BRANNIKOV, Fyodor Pavlovich", family="BRANNIKOV"),
        ListedName("Фёдор Павлович Бранников", NameQuality.STRONG, "Cyrl"),
        ListedName("THE ENGINEER", NameQuality.WEAK),
    ),
    dates_of_birth=(PartialDate(1961, 4, 12),),
    countries=("RU",),
    identifiers=(Identifier("Passport", "71 4455-991", "RU"),),
    gender=Gender.MALE,
)
TARHUNI = Entry(
    id="own-2",
    kind=EntryKind.PERSON,
    names=(ListedName("AL-TARHUNI, Muhammad Abd al-Rahman"), ListedName("محمد عبد الرحمن الطرهوني", NameQuality.STRONG, "Arab")),
    dates_of_birth=(PartialDate(1970),),
    countries=("LY",),
)
ZENG = Entry(
    id="own-3",
    kind=EntryKind.PERSON,
    names=(ListedName("ZENG, Wenyuan"), ListedName("曾文远", NameQuality.STRONG, "Hani")),
)
DELTORA = Entry(
    id="own-4",
    kind=EntryKind.ORGANISATION,
    names=(ListedName("DELTORA INSTRUMENT PLANT JSC"), ListedName("DIP TRADING", NameQuality.WEAK)),
    countries=("RU",),
)
NUMBERED = Entry(id="own-5", kind=EntryKind.ORGANISATION, names=(ListedName("11420 CORP."),))
EMMA = Entry(id="own-6", kind=EntryKind.ORGANISATION, names=(ListedName("EMMA LLC"),))
VESSEL = Entry(id="own-7", kind=EntryKind.VESSEL, names=(ListedName("DELTORA STAR"),))
ARGUMENT = Entry(id="own-8", kind=EntryKind.ORGANISATION, names=(ListedName("JSC ARGUMENT"),))
NAMESAKES = tuple(
    Entry(id=f"own-{number}", kind=EntryKind.PERSON, names=(ListedName(f"{family}, Ali"),))
    for number, family in enumerate(("HASSAN", "KARIMI", "JAFAR", "AHMAD", "REZA"), start=20)
)
ENTRIES = (BRANNIKOV, TARHUNI, ZENG, DELTORA, NUMBERED, EMMA, VESSEL, ARGUMENT, *NAMESAKES)
