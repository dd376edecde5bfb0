"""XMP packets: every form of RDF, every encoding, and packets that are no XML."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.formats import xmp
from forensics.formats.walk import Limits, Walk

SPACES = (
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
    ' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
)
JSON = '{"Label":"1","ContentProducer":"00A"}'


def packet(attributes: str = "", inner: str = "", spaces: str = SPACES) -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {attributes}>{inner}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    )


def read(data: bytes, offset: int = 0):
    walk = Walk(io.BytesIO(bytes(offset) + data), Limits())
    xmp.packet(walk, data, offset, "XMP")
    return walk.structure("xmp", [])


def properties(found) -> list[tuple[str, str]]:
    return [(value.key, value.text) for value in found.values if value.place == "XMP/properties"]


def test_the_packet_itself_is_a_value():
    data = packet().encode()
    (value,) = read(data, 50).values
    assert (value.place, value.key, value.offset, value.data, value.encoding) == ("XMP", "xmp", 50, data, "utf-8")


def test_properties_as_attributes_and_as_elements_are_the_same():
    assert properties(read(packet('xmp:CreatorTool="A &amp; B"').encode())) == [("xmp:CreatorTool", "A & B")]
    inner = "<xmp:CreatorTool>A &amp; B</xmp:CreatorTool>"
    assert properties(read(packet(inner=inner).encode())) == [("xmp:CreatorTool", "A & B")]


def test_a_property_has_its_offset_in_the_file():
    data = packet('xmp:Label="first"', "<xmp:CreatorTool>second</xmp:CreatorTool>").encode()
    found = {value.key: value for value in read(data, 1000).values}
    assert found["xmp:Label"].offset == 1000 + data.index(b"first")
    assert found["xmp:CreatorTool"].offset == 1000 + data.index(b"second")
    assert found["xmp:CreatorTool"].size == 6


def test_lists_give_each_item_under_the_name_of_the_list():
    inner = (
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">T</rdf:li></rdf:Alt></dc:title>'
        "<dc:subject><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></dc:subject>"
    )
    assert properties(read(packet(inner=inner).encode())) == [
        ("dc:title", "T"),
        ("dc:subject", "a"),
        ("dc:subject", "b"),
    ]


def test_members_of_structures_have_their_path():
    inner = (
        '<xmpMM:History><rdf:Seq><rdf:li stEvt:action="created" stEvt:softwareAgent="One"/>'
        '<rdf:li rdf:parseType="Resource"><stEvt:softwareAgent>Two</stEvt:softwareAgent></rdf:li>'
        '<rdf:li><rdf:Description stEvt:softwareAgent="Three"/></rdf:li></rdf:Seq></xmpMM:History>'
    )
    assert properties(read(packet(inner=inner).encode())) == [
        ("xmpMM:History[1]/stEvt:action", "created"),
        ("xmpMM:History[1]/stEvt:softwareAgent", "One"),
        ("xmpMM:History[2]/stEvt:softwareAgent", "Two"),
        ("xmpMM:History[3]/stEvt:softwareAgent", "Three"),
    ]


def test_a_resource_is_a_value():
    spaces = 'xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    inner = '<e:DigitalSourceType rdf:resource="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"/>'
    assert properties(read(packet(inner=inner, spaces=spaces).encode())) == [
        ("Iptc4xmpExt:DigitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")
    ]


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.tc260.org.cn/ns/AIGC/1.0/",
        "http://www.tc260.org.cn/ns/AIGC/1.0",
        "https://www.tc260.org.cn/ns/aigc/1.0/",
    ],
)
def test_a_known_namespace_has_its_usual_prefix(namespace):
    data = packet(inner="<q:AIGC>{}</q:AIGC>", spaces=f'xmlns:q="{namespace}"')
    assert properties(read(data.encode())) == [("TC260:AIGC", "{}")]


def test_an_unknown_namespace_keeps_the_prefix_of_the_file():
    data = packet('own:Name="v"', spaces='xmlns:own="urn:example"')
    assert properties(read(data.encode())) == [("own:Name", "v")]


def test_an_empty_property_is_there():
    assert properties(read(packet(inner="<TC260:AIGC/>").encode())) == [("TC260:AIGC", "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_every_encoding_of_the_standard_is_read(encoding):
    text = packet(inner=f"<dc:source>示例</dc:source><TC260:AIGC>{JSON}</TC260:AIGC>")
    data = text.encode(encoding)
    found = read(data, 10)
    assert properties(found) == [("dc:source", "示例"), ("TC260:AIGC", JSON)]
    assert found.problems == ()
    unit = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding.removesuffix("-sig"))
    assert found.values[-1].offset == 10 + data.index(JSON.encode(unit))
    assert found.values[0].text.removeprefix("\ufeff") == text


BROKEN = {
    "quotes not escaped": packet(f'TC260:AIGC="{JSON}"'),
    "ampersand not escaped": packet(inner=f"<dc:source>a & b</dc:source><TC260:AIGC>{JSON}</TC260:AIGC>"),
    "prefix not declared": packet(inner=f"<TC260:AIGC>{JSON}</TC260:AIGC>", spaces=""),
    "cut off": packet(inner=f"<TC260:AIGC>{JSON}</TC260:AIGC>")[:-60],
    "entity declared": '<!DOCTYPE x [<!ENTITY a "b">]>' + packet(inner=f"<TC260:AIGC>{JSON}</TC260:AIGC>"),
    "escaped twice": packet(inner=f"<TC260:AIGC>{JSON}</TC260:AIGC><dc:source>\x01</dc:source>"),
    "less-than within": packet(inner=f"<dc:source>a < b</dc:source><TC260:AIGC>{JSON}</TC260:AIGC>"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_packet_that_is_no_xml_is_searched_and_reported(name):
    found = read(BROKEN[name].encode())
    assert ("TC260:AIGC", JSON) in properties(found)
    assert [key for key, _ in properties(found)].count("TC260:AIGC") == 1
    assert [problem.code for problem in found.problems] == ["unreadable"]


def test_an_undeclared_known_namespace_of_a_broken_packet_gets_its_usual_prefix():
    data = packet(inner="<q:AIGC>{} & x</q:AIGC>", spaces='xmlns:q="http://www.tc260.org.cn/ns/AIGC/1.0/"')
    assert properties(read(data.encode())) == [("TC260:AIGC", "{} & x")]


def test_padding_behind_the_packet_is_no_fault():
    assert read(packet().encode() + b"\0" * 100 + b"\n").problems == ()


HOSTILE = {
    "deep": b"<a>" * 200_000,
    "many attributes begun": b'<x a:b="{' * 200_000,
    "one endless name": b"a" * 2_000_000,
    "many elements": b"<a:b>" * 200_000,
    "many properties": packet(inner="<dc:source>x</dc:source>" * 60_000).encode(),
    "spaces": b'a:b="' + b" " * 1_000_000,
    "laughs": b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_packet_costs_little(name):
    start = time.process_time()
    found = read(HOSTILE[name])
    assert time.process_time() - start < 5
    assert found.problems


@given(st.binary(max_size=300))
def test_random_bytes_do_no_harm(data):
    read(data)
