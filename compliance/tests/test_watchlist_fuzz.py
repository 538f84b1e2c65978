"""Damaged lists: whatever happens to a file on its way, it is read row by row or refused as a whole, and nothing else happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.providers.watchlists import entry_json, formats, ofac, pep
from compliance.providers.watchlists.reading import SourceFile, UnreadableList
from compliance.tests import watchlist_samples as samples

SETS = {
    "ofac-sdn": {
        ofac.PRIMARY: samples.SDN,
        ofac.ALIASES: samples.ALT,
        ofac.ADDRESSES: samples.ADD,
        ofac.COMMENTS: b'101,"more"\n',
    },
    "un": {"list": samples.UN},
    "eu": {"list": samples.EU},
    "uk": {"list": samples.UK_CSV},
    "uk-sanctions": {"list": samples.UK_LIST},
    "pep-us-congress": {pep.LEGISLATORS: samples.LEGISLATORS, pep.EXECUTIVE: samples.EXECUTIVE},
    "own-house": {"list": samples.OWN},
}
DAMAGE = st.tuples(st.floats(0, 1), st.integers(0, 30), st.binary(max_size=12))


def damaged(content, damage):
    """With some bytes at some place replaced by others."""
    for place, length, other in damage:
        at = int(place * len(content))
        content = content[:at] + other + content[at + length :]
    return content


@pytest.mark.parametrize("code", SETS)
@settings(max_examples=80)
@given(data=st.data())
def test_a_damaged_file_is_read_with_an_account_of_every_row_or_refused_as_a_whole(code, data):
    found = formats.named(code)
    damage = st.lists(DAMAGE, min_size=1, max_size=4)
    files = [SourceFile(role, f"{role}.txt", damaged(content, data.draw(damage))) for role, content in SETS[code].items()]
    try:
        reading = formats.read(found, files)
    except UnreadableList:
        return
    for tally in reading.files:
        assert 0 <= tally.refused <= tally.rows
        assert tally.refused == sum(row.role == tally.role for row in reading.refused)
    assert len({entry.id for entry in reading.entries}) == len(reading.entries)
    for entry in reading.entries:
        assert entry.names and all(name.text for name in entry.names)
        assert entry_json.from_json(entry.id, entry_json.to_json(entry)) == entry
        stored = str(entry_json.to_json(entry))
        assert "\x00" not in stored and stored.encode()
        assert entry_json.digest(entry)


def test_the_uk_list_in_xml_stands_damage_as_well():
    for place in range(0, len(samples.UK_XML), 7):
        content = samples.UK_XML[:place] + b"<" + samples.UK_XML[place:]
        with pytest.raises(UnreadableList):
            formats.read(formats.named("uk"), [SourceFile("list", "ConList.xml", content)])
