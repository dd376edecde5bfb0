"""Positions in metadata: EXIF, XMP and QuickTime; signs taken from what the file says, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.metadata.tag import Tag, short

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_ANGLE = re.compile(_NUMBER + r"(?:\s*deg)?\s*([NSEW]?)")
_COORDINATES = re.compile(
    _ANGLE.pattern + r",\s*" + _ANGLE.pattern + rf"(?:,\s*{_NUMBER} m(?: (Above|Below) Sea Level)?)?"
)
_LOCI = re.compile(r"Lat=(-?\d+(?:\.\d+)?) Lon=(-?\d+(?:\.\d+)?)(?: Alt=(-?\d+(?:\.\d+)?))?")
_METRES = re.compile(_NUMBER + r"(?: m)?(?: (Above|Below) Sea Level)?")
_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1}
_FARTHEST_DEG = (90.0, 180.0)


@dataclass(frozen=True, slots=True)
class Place:
    """One position.

    Attributes:
        parts: Full names of the tags it is made of.
        latitude_deg: Degrees, north positive; None where the file does not say north or south, or the value is none.
        longitude_deg: Degrees, east positive; None likewise.
        altitude_m: Metres above sea level; None where it is missing.
        datum: Reference system as written; empty where it is missing.
        written: Values as ExifTool prints them, by full name.
    """

    parts: tuple[str, ...]
    latitude_deg: float | None
    longitude_deg: float | None
    altitude_m: float | None
    datum: str
    written: dict[str, Any]

    @property
    def is_complete(self) -> bool:
        """Whether it names a point on the earth."""
        return self.latitude_deg is not None and self.longitude_deg is not None

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            "tags": list(self.parts),
            "latitude_deg": self.latitude_deg,
            "longitude_deg": self.longitude_deg,
            "altitude_m": self.altitude_m,
            "datum": self.datum or None,
            "is_zero": self.latitude_deg == 0 and self.longitude_deg == 0,
            "written": self.written,
        }


def places(tags: tuple[Tag, ...]) -> tuple[Place, ...]:
    """Finds positions: pairs of latitude and longitude in one place of the file, and QuickTime coordinates.

    Not done: positions in maker notes, tracks of positions in videos, and names of places.
    """
    by_place: dict[tuple[str, ...], list[dict[str, Tag]]] = {}
    for tag in tags:
        if tag.name.startswith(("GPS", "Location")) and tag.family in ("EXIF", "XMP", "QuickTime"):
            groups = by_place.setdefault((tag.family, tag.place, tag.document), [])
            if all(tag.name in group for group in groups):
                groups.append({})
            next(group for group in groups if tag.name not in group)[tag.name] = tag
    return tuple(found for groups in by_place.values() for names in groups for found in _of(names))


def _of(names: dict[str, Tag]) -> Iterator[Place]:
    if "GPSLatitude" in names or "GPSLongitude" in names:
        yield _pair(names)
    for name in ("GPSCoordinates", "LocationInformation"):
        if name in names:
            yield _joined(names[name])


def _pair(names: dict[str, Tag]) -> Place:
    wanted = ("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude", "GPSAltitudeRef")
    used = [names[name] for name in (*wanted, "GPSMapDatum") if name in names]
    datum = names.get("GPSMapDatum")
    return Place(
        tuple(tag.full_name for tag in used),
        _degrees(names.get("GPSLatitude"), names.get("GPSLatitudeRef"), axis=0),
        _degrees(names.get("GPSLongitude"), names.get("GPSLongitudeRef"), axis=1),
        _metres(names.get("GPSAltitude"), names.get("GPSAltitudeRef")),
        str(datum.value) if datum else "",
        {tag.full_name: short(tag.value) for tag in used},
    )


def _joined(tag: Tag) -> Place:
    latitude = longitude = altitude = None
    if match := _COORDINATES.fullmatch(str(tag.value).strip()):
        latitude = _signed(match.group(1), match.group(2), axis=0, is_signed=True)
        longitude = _signed(match.group(3), match.group(4), axis=1, is_signed=True)
        altitude = _above(match.group(5), match.group(6)) if match.group(5) else None
    elif match := _LOCI.search(str(tag.value)):
        latitude = _signed(match.group(1), "", axis=0, is_signed=True)
        longitude = _signed(match.group(2), "", axis=1, is_signed=True)
        altitude = _above(match.group(3), "") if match.group(3) else None
    return Place((tag.full_name,), latitude, longitude, altitude, "", {tag.full_name: short(tag.value)})


def _degrees(tag: Tag | None, reference: Tag | None, *, axis: int) -> float | None:
    if tag is None:
        return None
    match = _ANGLE.fullmatch(str(tag.value).strip())
    if match is None:
        return None
    letter = match.group(2) or (str(reference.value)[:1].upper() if reference else "")
    return _signed(match.group(1), letter, axis=axis, is_signed=tag.family != "EXIF")


def _signed(number: str, letter: str, *, axis: int, is_signed: bool) -> float | None:
    """Gives an angle with its sign; None beyond the earth, or where neither a letter nor the number's form says it."""
    if letter not in ("NS", "EW")[axis] or (not letter and not is_signed):
        return None
    degrees = float(number) * _SIGNS.get(letter, 1)
    return degrees if abs(degrees) <= _FARTHEST_DEG[axis] else None


def _metres(tag: Tag | None, reference: Tag | None) -> float | None:
    match = _METRES.fullmatch(str(tag.value).strip()) if tag else None
    if match is None:
        return None
    return _above(match.group(1), match.group(2) or (str(reference.value)[:5] if reference else ""))


def _above(number: str, side: str | None) -> float:
    metres = float(number)
    return -metres if side == "Below" and metres else metres
