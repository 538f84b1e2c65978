"""XML from outside: what is refused, and how little is kept."""

import io
import os
import tracemalloc
from pathlib import Path

import pytest
from lxml import etree

from flowlet.core import xml

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@pytest.fixture
def official(settings):
    data = os.environ.get("FLOWLET_REFERENCE_DATA", "")
    if not data:
        pytest.skip("FLOWLET_REFERENCE_DATA is not set")
    settings.ISO20022_SCHEMAS = str(Path(data) / "iso20022" / "xsd")
    return Path(settings.ISO20022_SCHEMAS)


def both_ways(content, tags=("a",)):
    """The refusals of reading whole and of streaming."""
    found = []
    for way in (lambda: xml.read(content), lambda: list(xml.stream(content, tags=tags))):
        with pytest.raises(xml.Invalid) as refused:
            way()
        found.append(refused.value)
    return found


def test_refuses_an_external_entity_naming_the_line(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    content = f'<?xml version="1.0"?>\n\n<!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]>\n<a>&b;</a>'.encode()
    for refusal in both_ways(content):
        assert type(refusal) is xml.UnsafeXml
        assert refusal.details == {"line": 3}
        assert "the secret" not in refusal.message


def test_refuses_a_billion_laughs():
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    content = f'<!DOCTYPE a [<!ENTITY l0 "ha">{entities}]><a b="&l9;">&l9;</a>'.encode()
    assert [type(refusal) for refusal in both_ways(content)] == [xml.UnsafeXml, xml.UnsafeXml]


@pytest.mark.parametrize("gap", [65530, 65535, 65536, 65540])
def test_sees_a_document_type_that_lies_across_two_chunks(gap):
    content = b"<!--" + b"x" * (gap - 7) + b"--><!DOCTYPE a><a/>"
    with pytest.raises(xml.UnsafeXml):
        list(xml.stream(content, tags=["a"]))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
def test_refuses_encodings_in_which_a_document_type_cannot_be_seen(encoding):
    content = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode(encoding)
    assert {type(refusal) for refusal in both_ways(content)} <= {xml.UnsafeXml, xml.MalformedXml}


@pytest.mark.parametrize("declaration", [b'encoding="UTF-7"', b"encoding = 'utf-16'", b'encoding="EBCDIC-CP-US"'])
def test_refuses_a_declared_encoding_other_than_utf_8_and_latin(declaration):
    content = b'<?xml version="1.0" ' + declaration + b"?><a/>"
    assert [type(refusal) for refusal in both_ways(content)] == [xml.UnsafeXml, xml.UnsafeXml]


def test_reads_latin_1_and_a_byte_order_mark():
    assert xml.read('<?xml version="1.0" encoding="ISO-8859-1"?><a>Zürich</a>'.encode("latin-1")).text == "Zürich"
    assert xml.read("\ufeff<a>Zürich</a>".encode()).text == "Zürich"


def test_refuses_depth_ours_and_the_parsers():
    assert xml.read(b"<a>" * 40 + b"</a>" * 40, limits=xml.Limits(depth=40)) is not None
    for levels in (41, 5000):
        content = b"<b>" * (levels - 1) + b"<a/>" + b"</b>" * (levels - 1)
        assert [type(refusal) for refusal in both_ways(content)] == [xml.XmlTooDeep, xml.XmlTooDeep]
    with pytest.raises(xml.XmlTooDeep):
        list(xml.stream(b"<a>" + b"<b>" * 41 + b"</b>" * 41 + b"</a>", tags=["a"]))


def test_refuses_a_huge_text_a_huge_attribute_and_a_huge_document():
    for content in (b"<a>" + b"x" * 11_000_000 + b"</a>", b'<a b="' + b"x" * 11_000_000 + b'"/>'):
        assert [type(refusal) for refusal in both_ways(content)] == [xml.XmlTooLarge, xml.XmlTooLarge]
    small = xml.Limits(size=1000)
    with pytest.raises(xml.XmlTooLarge):
        xml.read(b"<a>" + b" " * 1000 + b"</a>", limits=small)
    with pytest.raises(xml.XmlTooLarge):
        list(xml.stream(b"<a>" + b" " * 1000 + b"</a>", tags=["a"], limits=small))


def test_refuses_rubbish_between_the_wanted_elements():
    content = b"<a>" + b"<rubbish/>" * 100_000 + b"<b/></a>"
    with pytest.raises(xml.XmlTooLarge):
        list(xml.stream(content, tags=["b"], limits=xml.Limits(element=200_000)))


@pytest.mark.parametrize(
    "content", [b"", b"no xml", b"<a>", b"<a></b>", b"<a/><a/>", b"<a>&undeclared;</a>", b"<a>\x01</a>", b"<a>\xff</a>"]
)
def test_refuses_what_is_not_well_formed(content):
    for refusal in both_ways(content):
        assert type(refusal) is xml.MalformedXml


def test_a_malformed_document_is_refused_with_its_line():
    for refusal in both_ways(b"<a>\n<b>\n</c>\n</a>"):
        assert refusal.details == {"line": 3}
        assert refusal.message.startswith("Line 3: ")


def statement(entries):
    """A statement as a file that makes itself up while it is read."""

    class Made(io.RawIOBase):
        def __init__(self):
            self.parts = self.made()
            self.left = b""

        def made(self):
            yield f'<Document xmlns="{NAMESPACE}"><Stmt><Id>S1</Id>'.encode()
            for number in range(entries):
                yield f"<Ntry>\n<Ref>{number}</Ref><Amt>1.00</Amt><Note>{'x' * 200}</Note>\n</Ntry>\n".encode()
            yield b"<Last>end</Last></Stmt></Document>"

        def read(self, size):
            while len(self.left) < size and (part := next(self.parts, b"")):
                self.left += part
            piece, self.left = self.left[:size], self.left[size:]
            return piece

    return Made()


def test_streams_every_element_with_what_came_before_it():
    seen = [(xml.text(entry.getparent(), "Id"), xml.text(entry, "Ref")) for entry in xml.stream(statement(1000), tags=["Ntry"])]
    assert seen == [("S1", str(number)) for number in range(1000)]


def test_streams_inner_elements_before_the_outer_one_and_takes_them_out():
    content = b"<a><g><id>1</id><t>x</t><t>y</t></g><g><id>2</id><t>z</t><end/></g></a>"
    seen = [(xml.local(element), element.getparent().findtext("id")) for element in xml.stream(content, tags=["t", "g"])]
    assert seen == [("t", "1"), ("t", "1"), ("g", None), ("t", "2"), ("g", None)]
    outer = [[xml.local(child) for child in element] for element in xml.stream(content, tags=["t", "g"]) if element.tag == "g"]
    assert outer == [["id"], ["id", "end"]]


def test_memory_does_not_grow_with_the_number_of_elements():
    def kept(entries):
        last = 0
        for entry in xml.stream(statement(entries), tags=["Ntry"]):
            last = len(entry.getparent())
        return last

    assert kept(20_000) <= kept(2_000) <= 600  # the elements of one chunk, which the parser has read ahead


def test_python_keeps_nothing_of_what_was_streamed():
    tracemalloc.start()
    try:
        for _ in xml.stream(statement(20_000), tags=["Ntry"]):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * xml.MEGABYTE


def test_reads_by_local_names_in_any_namespace():
    root = xml.read(f'<d:Document xmlns:d="{NAMESPACE}"><d:A><d:B> one </d:B><d:B>two</d:B></d:A></d:Document>'.encode())
    assert (xml.name_of(root), xml.local(root)) == ("camt.053.001.08", "Document")
    assert (xml.text(root, "A/B"), xml.text(root, "A/C")) == ("one", "")
    assert [found.text for found in xml.every(root, "A/B")] == [" one ", "two"]
    assert xml.first(root, "A") is root[0]
    assert xml.first(root, "C") is None
    plain = xml.read(b"<Document><A>x</A></Document>")
    assert (xml.name_of(plain), xml.text(plain, "A")) == ("", "x")


def test_schemas_come_from_the_folder_of_the_settings(official):
    found = xml.schema("pacs.008.001.08")
    assert found.path == official / "pacs.008.001.08.xsd"
    assert xml.schema("pacs.008.001.08") is found


def test_schemas_of_sepa_come_from_a_package_where_no_folder_is_named(settings):
    settings.ISO20022_SCHEMAS = ""
    assert xml.schema("pain.001.001.09").path.name == "pain.001.001.09.xsd"
    assert xml.schema("pain.008.001.08") is not None
    assert xml.schema("pacs.008.001.08") is None


@pytest.mark.parametrize("name", ["pain.001.001.09", "pain.008.001.08"])
def test_the_packages_schemas_are_the_official_ones(settings, official, name):
    settings.ISO20022_SCHEMAS = ""
    carried = xml.schema(name).path

    def canonical(path):
        return etree.tostring(etree.parse(path, etree.XMLParser(remove_comments=True)), method="c14n2", strip_text=True)

    assert canonical(carried) == canonical(official / f"{name}.xsd")


@pytest.mark.parametrize("name", ["../../../etc/passwd", "pain.001.001.99", "pain.001.001.09.xsd", ""])
def test_has_no_schema_for_other_names(name):
    assert xml.schema(name) is None


def test_says_what_breaks_the_schema_and_where():
    content = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">\n<CstmrCdtTrfInitn>\n<GrpHdr><Wrong/></GrpHdr></CstmrCdtTrfInitn></Document>'
    validation = xml.validate(content, name="pain.001.001.09")
    assert (validation.schema, validation.is_checked, validation.is_valid) == ("pain.001.001.09", True, False)
    breach, without_payments = validation.breaches
    assert without_payments.path == "/Document/CstmrCdtTrfInitn"
    assert breach.line == 3
    assert breach.path == "/Document/CstmrCdtTrfInitn/GrpHdr/Wrong"
    assert breach.message.startswith("Element 'Wrong': This element is not expected.")


def test_says_what_breaks_the_schema_of_a_document_whose_elements_have_a_prefix():
    content = b'<p:Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><p:CstmrCdtTrfInitn><p:Wrong/></p:CstmrCdtTrfInitn></p:Document>'
    (breach,) = xml.validate(content, name="pain.001.001.09").breaches
    assert breach.path == "/Document/CstmrCdtTrfInitn/Wrong"


def test_paths_are_numbered_where_there_are_several():
    root = xml.read(f'<Document xmlns="{NAMESPACE}"><A/><B><C/></B><A><C/><C/></A></Document>'.encode())
    assert [xml.path_of(found) for found in (root, root[1][0], root[0], root[2][1])] == [
        "/Document",
        "/Document/B/C",
        "/Document/A[1]",
        "/Document/A[2]/C[2]",
    ]


def test_a_check_that_could_not_happen_is_not_a_passed_one(settings):
    settings.ISO20022_SCHEMAS = ""
    validation = xml.validate(b"<a/>", name="pacs.008.001.08")
    assert (validation.schema, validation.breaches) == ("", ())
    assert not validation.is_checked
    assert not validation.is_valid
