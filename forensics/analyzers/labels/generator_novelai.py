"""Parameters of NovelAI, and the signature that it puts beside them."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from forensics.analyzers.labels import generator_json, generator_value
from forensics.analyzers.labels.generator_catalogue import Match
from forensics.analyzers.labels.generator_site import Site

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PUBLIC_KEY = "Y2JcQAOhLwzwSDUJPNgL04nS0Tbqm7cSRc4xk0vRMic="
"""Key of NovelAI, Ed25519. *Source:* github.com/NovelAI/novelai-image-metadata, nai_sig.py."""


def read(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the comment; the model comes from the entry `Source` beside it."""
    comment = comment_of(site.text)
    if comment is None or any(name not in comment for name in match.required):
        return None
    found = generator_json.normalize(comment)
    beside = {other.key: other.text for other in others if _beside(other, site)}
    if model := beside.get("Source") or (beside.get("Software") if "UserComment" in site.key else None):
        found["model"] = generator_value.clean(model, longest=200)
    characters = generator_value.unique(_characters(comment))
    if characters:
        found["character_prompts"] = characters
    found["signed"] = isinstance(comment.get("signed_hash"), str)
    return found | generator_value.raw(site.text)


def comment_of(text: str) -> dict[str, Any] | None:
    """Gives the object of a comment; one that is wrapped in another is taken out."""
    value = generator_value.loads(text)
    if isinstance(value, dict) and isinstance(value.get("Comment"), str):
        value = generator_value.loads(value["Comment"])
    return value if isinstance(value, dict) else None


def _beside(other: Site, site: Site) -> bool:
    """Whether two entries stand in places of the same sort: chunks of a PNG, or directories of one EXIF block."""
    return other.place.split("/")[0][-4:] == site.place.split("/")[0][-4:]


def _characters(comment: dict[str, Any]) -> Any:
    caption = comment.get("v4_prompt")
    caption = caption.get("caption") if isinstance(caption, dict) else None
    listed = caption.get("char_captions") if isinstance(caption, dict) else None
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("char_caption"), str):
            yield generator_value.clean(item["char_caption"])


def signature_fits(comment: str, pixels: NDArray[np.uint8], *, public_key: str = PUBLIC_KEY) -> bool | None:
    """Says whether the signature in a comment fits comment and picture.

    Args:
        comment: The JSON text with its member `signed_hash`.
        pixels: The picture as stored, shape (height, width, 3 or 4); red, green and blue are signed.
        public_key: In base64.

    Returns:
        None where there is no signature that could be tried. False also where a program saved the picture anew or wrote
        the comment in another form: the signature covers both to the byte.

    Source: github.com/NovelAI/novelai-image-metadata, nai_sig.py, _verify_signed_hash.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        content = json.loads(comment)
        if isinstance(content, dict) and isinstance(content.get("Comment"), str):
            content = json.loads(content["Comment"])
        signature = base64.b64decode(content.pop("signed_hash"), validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(signature, pixels[:, :, :3].tobytes() + json.dumps(content).encode("utf-8", "surrogatepass"))
    except InvalidSignature:
        return False
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        return None
    return True
