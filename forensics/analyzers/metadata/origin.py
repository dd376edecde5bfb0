"""What metadata says about devices and programs, gathered from the many tags that say it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from forensics.analyzers.metadata.tag import Tag, short

DEVICE = frozenset(
    {
        *("Make", "Model", "UniqueCameraModel", "LocalizedCameraModel", "CameraModelName", "CameraType", "CameraID"),
        *("AndroidManufacturer", "AndroidModel", "AndroidMake", "DeviceModelName", "DeviceManufacturer", "DeviceName"),
        *(
            "Lens",
            "LensModel",
            "LensMake",
            "LensID",
            "LensInfo",
            "LensType",
            "HostComputer",
            "ModelName",
            "ProductName",
        ),
        *(
            "OwnerName",
            "CameraOwnerName",
            "CameraOwner",
            "CanonModelID",
            "PentaxModelID",
            "SonyModelID",
            "Manufacturer",
        ),
    }
)
"""Tags that name a device, by their ExifTool names. *Source:* ExifTool tag names, Exif 2.31, QuickTime keys."""

SERIAL = frozenset(
    {
        *("SerialNumber", "InternalSerialNumber", "BodySerialNumber", "CameraSerialNumber", "LensSerialNumber"),
        *("DeviceSerialNo", "DeviceSerialNumber", "ImageUniqueID", "SerialNumberFormat", "DroneSerialNumber"),
    }
)
"""Tags that number a device or a picture."""

SOFTWARE = frozenset(
    {
        *("Software", "CreatorTool", "ProcessingSoftware", "Encoder", "EncodedUsing", "EncoderSettings"),
        *("Producer", "WriterApp", "WritingApp", "MuxingApp", "MuxingAppName", "Application", "XMPToolkit"),
        *("AndroidVersion", "OriginatingProgram", "ProgramVersion", "WriterName", "ReaderName", "CompressorName"),
        *("Firmware", "FirmwareVersion", "CanonFirmwareVersion", "EncodingTool", "EncodingSettings", "Vendor"),
        *("HistorySoftwareAgent", "DerivedFromSoftwareAgent", "AppVersion", "Generator", "Tool"),
        *("CreationTool", "PDFProducer", "SoftwareVersion", "SourceSoftware", "EncoderVersion"),
    }
)
"""Tags that name a program."""

_CREATOR_IS_PROGRAM = frozenset({"PDF", "PNG"})
"""Formats in which `Creator` names a program; in others it names a person."""

_NOT_ABOUT_THE_FILE = frozenset({"ICC_Profile", "File", "ExifTool"})
_COMMENT_PROGRAM = re.compile(r"\A(?:CREATOR:|Created with|File written by|Lavc|Lavf)|\bLibrary\b", re.IGNORECASE)


def device_rows(tags: tuple[Tag, ...]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Gathers what is said about devices: names, and serial numbers.

    Not done: the device of a colour profile is left out, since it is that of the profile.
    """
    usable = [tag for tag in tags if tag.family not in _NOT_ABOUT_THE_FILE]
    return _rows(tag for tag in usable if tag.name in DEVICE), _rows(tag for tag in usable if tag.name in SERIAL)


def software_rows(tags: tuple[Tag, ...]) -> list[dict[str, Any]]:
    """Gathers what is said about programs, also within the history that XMP keeps."""
    rows = _rows(tag for tag in tags if _names_program(tag))
    for tag in tags:
        if tag.name == "History" and isinstance(tag.value, list):
            rows += _history(tag)
    return rows


def _names_program(tag: Tag) -> bool:
    if tag.name == "Comment":
        return isinstance(tag.value, str) and bool(_COMMENT_PROGRAM.search(tag.value))
    if tag.family in _NOT_ABOUT_THE_FILE:
        return False
    return tag.name in SOFTWARE or (tag.name == "Creator" and tag.family in _CREATOR_IS_PROGRAM)


def _history(tag: Tag) -> list[dict[str, Any]]:
    events = [event for event in tag.value if isinstance(event, dict)]
    return [
        {"tag": f"{tag.full_name}[{index}].SoftwareAgent", "value": short(event["SoftwareAgent"])}
        for index, event in enumerate(events, 1)
        if isinstance(event.get("SoftwareAgent"), str)
    ]


def _rows(tags: Iterable[Tag]) -> list[dict[str, Any]]:
    """Writes tags that say something, one row each."""
    return [{"tag": tag.full_name, "value": short(tag.value)} for tag in tags if _says_something(tag.value)]


def _says_something(value: Any) -> bool:
    return isinstance(value, int) or (
        isinstance(value, str) and bool(value.strip()) and not value.startswith("(Binary")
    )
