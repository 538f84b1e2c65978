"""CSV files of lists: every line is a row or a refusal, whatever is wrong with it."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compliance.providers.watchlists import places
from compliance.providers.watchlists.entries import PartialDate
from compliance.providers.watchlists.reading import END_MARK, records, unique
from flowlet.core.scripts import script_of

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff"), max_size=12)
ROWS = st.lists(st.lists(TEXTS, min_size=2, max_size=5), min_size=1, max_size=8)


def written(rows, **how):
    out = io.StringIO()
    csv.writer(out, **how).writerows(rows)
    return out.getvalue()


@given(rows=ROWS, quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), ending=st.sampled_from(["\n", "\r\n", "\r"]))
def test_reads_what_a_writer_of_csv_wrote_with_the_line_of_each_row(rows, quoting, ending):
    lines = written(rows, quoting=quoting, lineterminator=ending)
    kept = [
        (place, row) for place, row in enumerate(rows, start=1) if any(cell.strip() for cell in row) or quoting == csv.QUOTE_ALL
    ]
    found = [record for record in records(lines.encode()) if record.flaw or any(cell.strip() for cell in record.cells)]
    kept = [(place, row) for place, row in kept if any(cell.strip() for cell in row)]
    assert [(record.line, list(record.cells), record.flaw) for record in found] == [(place, row, "") for place, row in kept]


@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from("a,\" \n'é"), min_size=1, max_size=8).filter(str.strip), min_size=2, max_size=3),
        min_size=1,
        max_size=6,
    )
)
def test_reads_cells_over_several_lines_where_the_list_has_them(rows):
    found = list(records(written(rows, quoting=csv.QUOTE_ALL, lineterminator="\r\n").encode(), is_multiline=True))
    assert [list(record.cells) for record in found] == rows
    assert [record.flaw for record in found] == [""] * len(rows)


@given(content=st.binary(max_size=300), is_multiline=st.booleans())
@example(content=b'a,"b\nc,d\n', is_multiline=True)
@example(content=b"\x81\n1,2\n", is_multiline=False)
def test_whatever_the_bytes_are_each_record_has_cells_or_a_flaw_and_lines_go_up(content, is_multiline):
    found = list(records(content, is_multiline=is_multiline))
    assert all(bool(record.flaw) != bool(record.cells) for record in found)
    lines = [record.line for record in found]
    assert lines == sorted(set(lines))


def test_a_quote_that_is_never_closed_costs_its_own_line_and_not_the_rest_of_the_file():
    content = b'1,"open\n2,"closed"\n3,plain\n'
    for is_multiline in (False, True):
        found = list(records(content, is_multiline=is_multiline))
        assert [(record.line, record.cells, record.flaw) for record in found] == [
            (1, (), "a quote is not closed" if not is_multiline else "its quotes are out of place"),
            (2, ("2", "closed"), ""),
            (3, ("3", "plain"), ""),
        ]


def test_reads_each_line_in_utf_8_or_windows_1252_and_refuses_what_is_neither():
    content = b"\xef\xbb\xbf1,Jos\xc3\xa9\r\n2,Jos\xe9 \x93x\x94\r\n3,\x81\r\n"
    found = list(records(content))
    assert [record.cells for record in found] == [("1", "José"), ("2", "José “x”"), ()]
    assert found[2].flaw == "byte 0x81 is neither UTF-8 nor Windows-1252"


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\r\n", b"\r\n\x1a", b"\x1a,,,,,\r\n", b"\n\n"])
def test_the_mark_of_the_end_is_no_row(end):
    assert [record.cells for record in records(b"1,2\r\n" + end)] == [("1", "2")]


def test_the_mark_of_the_end_in_the_middle_is_refused():
    assert [record.flaw for record in records(f"1,2\n{END_MARK}\n3,4\n".encode())] == ["", "it has a control character", ""]


def test_a_row_with_a_zero_byte_is_refused():
    assert [record.flaw for record in records(b"1,a\x00b\n")] == ["it has a control character"]


def test_a_cell_that_is_too_long_is_refused_and_says_so():
    assert [record.flaw for record in records(b"1," + b"x" * 200_000)] == ["a cell is too long"]


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("10 Dec 1948", PartialDate(1948, 12, 10)),
        ("Dec 1948", PartialDate(1948, 12)),
        ("Nov. 1973 ", PartialDate(1973, 11)),
        ("August 1961", PartialDate(1961, 8)),
        ("1946", PartialDate(1946)),
        ("circa 1951", PartialDate(1951, is_approximate=True)),
        ("circa 07 Jul 1966", PartialDate(1966, 7, 7, is_approximate=True)),
        ("1929 to 1930", PartialDate(1929, last_year=1930)),
        ("01 Jan 1953 to 31 Dec 1954", PartialDate(1953, last_year=1954)),
        ("01 Jan 1953 to 31 Dec 1953", PartialDate(1953)),
        ("Mar 1962 to Feb 1963", PartialDate(1962, last_year=1963)),
        ("circa 1979-1982", PartialDate(1979, last_year=1982, is_approximate=True)),
        ("between 1955 and 1960", PartialDate(1955, last_year=1960)),
        ("1973 to 1973", PartialDate(1973)),
        ("1971-02-15", PartialDate(1971, 2, 15)),
        ("1971-02", PartialDate(1971, 2)),
        ("2022-06-14T00:00:00", PartialDate(2022, 6, 14)),
        ("19/06/1951", PartialDate(1951, 6, 19)),
        ("00/07/1978", PartialDate(1978, 7)),
        ("dd/mm/1962", PartialDate(1962)),
        ("00/00/1975", PartialDate(1975)),
        ("30-35 years old", None),
        ("31 Feb 1960", None),
        ("12 Foo 1960", None),
        ("12 1960", None),
        ("1960 to 1950", None),
        ("٠١/٠٢/١٩٦٠", None),
        ("", None),
    ],
)
def test_reads_dates_as_far_as_they_are_known(text, born):
    from compliance.providers.watchlists import dates

    assert dates.partial(text) == born


@given(text=st.text(max_size=30))
def test_any_text_is_a_date_or_none(text):
    from compliance.providers.watchlists import dates

    found = dates.partial(text)
    assert found is None or 1000 <= found.year <= 2200


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Russia", "RU"),
        ("Korea, North", "KP"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Burma", "MM"),
        ("Iran (Islamic Republic of)", "IR"),
        ("HONG KONG", "HK"),
        ("Virgin Islands, British", "VG"),
        ("Côte d’Ivoire", "CI"),
        ("tr", "TR"),
        ("Region: Kafia Kingi", ""),
        ("Netherlands Antilles", ""),
        ("undetermined", ""),
        ("", ""),
    ],
)
def test_knows_countries_by_the_names_that_publishers_write(text, code):
    assert places.code_of(text) == code


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("IVANOV, Sample", "Latn"),
        ("José Ñandú", "Latn"),
        ("Иванов", "Cyrl"),
        ("صدام", "Arab"),
        ("金正恩", "Hani"),
        ("山田たろう", "Jpan"),
        ("タロウ", "Kana"),
        ("김정은", "Hang"),
        ("Παπαδόπουλος", "Grek"),
        ("כהן", "Hebr"),
        ("สมชาย", "Thai"),
        ("7-28", "Zyyy"),
    ],
)
def test_names_the_script_that_a_name_is_written_in(text, script):
    assert script_of(text) == script


def test_values_are_kept_once_in_their_order():
    assert unique(["b", "", "a", "b"]) == ("b", "a")
