"""The two face models of the program: their files are checked by digest before they are loaded, once per process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from forensics.errors import ToolError, ToolMissingError
from forensics.model import Tool

FOLDER = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True, slots=True)
class Model:
    """A model file that is part of the program.

    Attributes:
        name: What it is called in findings.
        version: Its date of publication.
        file: Name of the file in `FOLDER`.
        sha256: Digest of the file, as `forensics/models/NOTICE` states it.
    """

    name: str
    version: str
    file: str
    sha256: str

    @property
    def need(self) -> str:
        """What an analyzer that uses the model names in its `needs`."""
        return f"model:{self.sha256}"


DETECTOR = Model(
    "yunet",
    "2023mar",
    "face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)
RECOGNISER = Model(
    "sface",
    "2021dec",
    "face_recognition_sface_2021dec.onnx",
    "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
)


def describe(*models: Model) -> tuple[Tool, ...]:
    """Describes models and the library that runs them, as findings carry them.

    Raises:
        ToolMissingError: OpenCV is not installed.
    """
    return (Tool("opencv", str(_cv2().__version__)), *(Tool(one.name, one.version, one.sha256) for one in models))


def checked(model: Model, *, folder: Path = FOLDER) -> Path:
    """Gives the file of a model after its digest was compared.

    Raises:
        ToolMissingError: The file is missing, or is another one.
    """
    path = folder / model.file
    hint = "Install the program again; its models are part of it."
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ToolMissingError(f"the model file {model.file} cannot be read: {error.strerror}", hint=hint) from error
    if digest != model.sha256:
        raise ToolMissingError(f"the model file {model.file} is not the one that this program was made with", hint=hint)
    return path


@cache
def detector(score: float, overlap: float, most: int) -> Any:
    """Loads YuNet as a `cv2.FaceDetectorYN`.

    Args:
        score: Least score of a face.
        overlap: Share of overlap above which of two boxes the one with the lower score is dropped.
        most: Most boxes that are looked at.

    Raises:
        ToolMissingError: The model or OpenCV is missing.
        ToolError: OpenCV cannot load it.
    """
    path = str(checked(DETECTOR))
    with running("the face detector cannot be loaded"):
        return _cv2().FaceDetectorYN.create(path, "", (320, 320), score, overlap, most)


@cache
def recogniser() -> Any:
    """Loads SFace as a `cv2.FaceRecognizerSF`; errors are those of `detector`."""
    path = str(checked(RECOGNISER))
    with running("the face recogniser cannot be loaded"):
        return _cv2().FaceRecognizerSF.create(path, "")


@contextmanager
def running(failure: str) -> Iterator[None]:
    """Runs OpenCV on one thread and in silence, and translates its errors; settings are put back at the end.

    Examinations run side by side, one process each, so more threads only get in each other's way. Results do not
    depend on the number of threads (measured: boxes, landmarks and embeddings equal to the last bit with 1 and 2).

    Args:
        failure: What could not be done, for the error.

    Raises:
        ToolError: OpenCV failed.
    """
    cv2 = _cv2()
    threads, level = cv2.getNumThreads(), cv2.utils.logging.getLogLevel()
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        yield
    except cv2.error as error:
        raise ToolError(f"{failure}: {error.err}") from error
    finally:
        cv2.setNumThreads(threads)
        cv2.utils.logging.setLogLevel(level)


def _cv2() -> Any:
    try:
        import cv2
    except ImportError as error:
        hint = "Install it: pip install opencv-python-headless"
        raise ToolMissingError("OpenCV is not installed", hint=hint) from error
    return cv2
