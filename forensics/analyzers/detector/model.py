"""An examiner's own model as a setting, and how it is run."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from forensics.analyzers.detector.card import HINT, Card, read_card
from forensics.errors import ToolError, ToolMissingError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CARD_ENDING = ".toml"
_CHUNK = 1 << 20


class OwnModel(str):
    """A model as a setting: as a text it is what is recorded, its digest and that of its card, and no path.

    Attributes:
        path: Where the model lies; read again by each worker, and checked against the digest.
        sha256: Of the model.
        card_content: The bytes of its card.
    """

    __slots__ = ("card_content", "path", "sha256")

    path: str
    sha256: str
    card_content: bytes

    def __new__(cls, path: str = "", *, sha256: str = "", card_content: bytes = b"") -> Self:
        """Makes a setting of what was read."""
        card = hashlib.sha256(card_content).hexdigest()
        self = super().__new__(cls, f"sha256:{sha256} card sha256:{card}" if path else "")
        self.path, self.sha256, self.card_content = path, sha256, card_content
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Gives how a copy is made, in a worker process too."""
        return _made, (self.path, self.sha256, self.card_content)

    @property
    def card(self) -> Card:
        """What the examiner says of it."""
        return read_card(self.card_content, name=Path(self.path).with_suffix(CARD_ENDING).name)


def _made(path: str, sha256: str, card_content: bytes) -> OwnModel:
    return OwnModel(path, sha256=sha256, card_content=card_content)


def read(setting: str) -> OwnModel:
    """Reads the model that a setting names, and the card of the same name beside it.

    Args:
        setting: A path; empty for no model; or a model that was read already.

    Raises:
        UsageError: One of the two files is not there, or the card is none.
    """
    if isinstance(setting, OwnModel):
        return setting
    if not setting:
        return OwnModel()
    path = Path(setting).expanduser()
    card = path.with_suffix(CARD_ENDING)
    try:
        own = OwnModel(str(path.absolute()), sha256=_digest(path), card_content=card.read_bytes())
    except OSError as error:
        hint = f"A model is an ONNX file with its card, a file of the same name that ends in {CARD_ENDING}. {HINT}"
        raise UsageError(f"the model {path.name} or its card cannot be read: {error.strerror}", hint=hint) from error
    read_card(own.card_content, name=card.name)
    return own


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def values_of(own: OwnModel, faces: NDArray[np.uint8]) -> float:
    """Runs a model on one cut-out face.

    Args:
        own: The model.
        faces: Shape (height, width, 3), blue, green, red.

    Returns:
        The value that its card names.

    Raises:
        ToolMissingError: onnxruntime is not installed.
        ToolError: The model cannot be loaded or run, or answers with no such value.
    """
    import numpy as np

    session, card = _session(own.path, own.sha256), own.card
    given = session.get_inputs()[0]
    try:
        (answer, *_) = session.run(None, {given.name: _input(faces, card)})
    except (RuntimeError, ValueError, *_failures()) as error:
        raise ToolError(f"the model could not be run: {_first_line(error)}", hint=HINT) from error
    numbers = np.asarray(answer, np.float64).ravel()
    if card.output >= len(numbers) or not np.isfinite(numbers).all():
        raise ToolError(f"the model answered with {len(numbers)} numbers, among them no value {card.output}", hint=HINT)
    return float(_activated(numbers, card)[card.output])


def _activated(numbers: NDArray[np.float64], card: Card) -> NDArray[np.float64]:
    import numpy as np

    if card.activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(numbers, -500, 500))))
    if card.activation == "softmax":
        powers = np.exp(numbers - numbers.max())
        return np.asarray(powers / powers.sum())
    return numbers


def _input(face: NDArray[np.uint8], card: Card) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    sized = np.asarray(cv2.resize(face, (card.width_px, card.height_px), interpolation=cv2.INTER_AREA), np.float32)
    coloured = sized[..., ::-1] if card.colour == "rgb" else sized
    mean, deviation = (np.asarray(one, np.float32) for one in (card.mean, card.deviation))
    scaled = np.asarray((coloured * card.scale - mean) / deviation, np.float32)
    ordered = scaled.transpose(2, 0, 1) if card.layout == "NCHW" else scaled
    return np.ascontiguousarray(ordered[None], np.float32)


@cache
def _session(path: str, sha256: str) -> Any:
    """Loads a model once in a process, from bytes, so that it can name no other file."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ToolMissingError(
            "onnxruntime is not installed", hint="Install it: pip install 'forensics[ocr]'."
        ) from error
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ToolError(f"the model cannot be read any more: {error.strerror}", hint=HINT) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ToolError("the model was changed while it was used", hint="Run the examination again.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except (RuntimeError, ValueError, *_failures()) as error:
        raise ToolError(f"the model cannot be loaded: {_first_line(error)}", hint=HINT) from error


def _failures() -> Any:
    """Gives the errors of onnxruntime, which have no common class of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return tuple(one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception))


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]
