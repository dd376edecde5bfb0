"""Namespaces of XMP and the prefixes that are usual for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
META = "adobe:ns:meta/"

_ADOBE = """
xmp http://ns.adobe.com/xap/1.0/
xmpMM http://ns.adobe.com/xap/1.0/mm/
xmpRights http://ns.adobe.com/xap/1.0/rights/
xmpBJ http://ns.adobe.com/xap/1.0/bj/
xmpTPg http://ns.adobe.com/xap/1.0/t/pg/
xmpG http://ns.adobe.com/xap/1.0/g/
xmpGImg http://ns.adobe.com/xap/1.0/g/img/
xmpidq http://ns.adobe.com/xmp/Identifier/qual/1.0/
xmpDM http://ns.adobe.com/xmp/1.0/DynamicMedia/
xmpNote http://ns.adobe.com/xmp/note/
stEvt http://ns.adobe.com/xap/1.0/sType/ResourceEvent#
stRef http://ns.adobe.com/xap/1.0/sType/ResourceRef#
stVer http://ns.adobe.com/xap/1.0/sType/Version#
stJob http://ns.adobe.com/xap/1.0/sType/Job#
stMfs http://ns.adobe.com/xap/1.0/sType/ManifestItem#
stDim http://ns.adobe.com/xap/1.0/sType/Dimensions#
stFnt http://ns.adobe.com/xap/1.0/sType/Font#
stArea http://ns.adobe.com/xmp/sType/Area#
photoshop http://ns.adobe.com/photoshop/1.0/
crs http://ns.adobe.com/camera-raw-settings/1.0/
crss http://ns.adobe.com/camera-raw-saved-settings/1.0/
crd http://ns.adobe.com/camera-raw-defaults/1.0/
lr http://ns.adobe.com/lightroom/1.0/
pdf http://ns.adobe.com/pdf/1.3/
pdfx http://ns.adobe.com/pdfx/1.3/
illustrator http://ns.adobe.com/illustrator/1.0/
creatorAtom http://ns.adobe.com/creatorAtom/1.0/
hdrgm http://ns.adobe.com/hdr-gain-map/1.0/
tiff http://ns.adobe.com/tiff/1.0/
exif http://ns.adobe.com/exif/1.0/
aux http://ns.adobe.com/exif/1.0/aux/
"""
"""*Source:* XMP specification, parts 1 (ISO 16684-1) and 2; Camera Raw and Lightroom as they write it."""

_OTHERS = """
TC260 http://www.tc260.org.cn/ns/AIGC/1.0/
dc http://purl.org/dc/elements/1.1/
dcterms http://purl.org/dc/terms/
exifEX http://cipa.jp/exif/1.0/
Iptc4xmpCore http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/
Iptc4xmpExt http://iptc.org/std/Iptc4xmpExt/2008-02-29/
plus http://ns.useplus.org/ldf/xmp/1.0/
cc http://creativecommons.org/ns#
mwg-rs http://www.metadataworkinggroup.com/schemas/regions/
mwg-kw http://www.metadataworkinggroup.com/schemas/keywords/
pdfaid http://www.aiim.org/pdfa/ns/id/
pdfuaid http://www.aiim.org/pdfua/ns/id/
MicrosoftPhoto http://ns.microsoft.com/photo/1.0/
MP http://ns.microsoft.com/photo/1.2/
MPRI http://ns.microsoft.com/photo/1.2/t/RegionInfo#
MPReg http://ns.microsoft.com/photo/1.2/t/Region#
GCamera http://ns.google.com/photos/1.0/camera/
Container http://ns.google.com/photos/1.0/container/
Item http://ns.google.com/photos/1.0/container/item/
GPano http://ns.google.com/photos/1.0/panorama/
GImage http://ns.google.com/photos/1.0/image/
GAudio http://ns.google.com/photos/1.0/audio/
GDepth http://ns.google.com/photos/1.0/depthmap/
GFocus http://ns.google.com/photos/1.0/focus/
GCreations http://ns.google.com/photos/1.0/creations/
Device http://ns.google.com/photos/dd/1.0/device/
apple_desktop http://ns.apple.com/namespace/1.0/
apple-fi http://ns.apple.com/faceinfo/1.0/
HDRGainMap http://ns.apple.com/HDRGainMap/1.0/
apdi http://ns.apple.com/pixeldatainfo/1.0/
MiCamera http://ns.xiaomi.com/photos/1.0/camera/
drone-dji http://www.dji.com/drone-dji/1.0/
digiKam http://www.digikam.org/ns/1.0/
acdsee http://ns.acdsee.com/iptc/1.0/
darktable http://darktable.sf.net/
GIMP http://www.gimp.org/xmp/
"""
"""*Source:* TC260-PG-20259A (AIGC); IPTC Photo Metadata Standard; PLUS; Exif 3.0 for XMP (CIPA DC-010); Google's
documents on motion photos and dynamic depth; ExifTool's table of namespaces for makers and programs."""


def prefix_of(namespace: str) -> str:
    """Gives the usual prefix of a namespace, empty where it is not known.

    `https` for `http`, another case and a missing or different last character are passed over, since writers are not
    careful with them and nothing else is meant.
    """
    return _table().get(_plain(namespace), "")


def _plain(namespace: str) -> str:
    return namespace.lower().removeprefix("https://").removeprefix("http://").rstrip("/#")


@cache
def _table() -> Mapping[str, str]:
    rows = (line.split(" ") for line in f"{_ADOBE}{_OTHERS}".split("\n") if line)
    return {_plain(namespace): prefix for prefix, namespace in rows}
