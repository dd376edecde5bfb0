"""Reading text in pictures with RapidOCR: its models lie in its package, nothing is fetched, one thread is used."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.errors import ForensicsError, ToolError, ToolMissingError
from forensics.model import Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HINT = "Install it: pip install 'forensics[ocr]'"

_DEPTH_PX = 48
"""Height to which the recogniser scales a line. *Source:* RapidOCR, config.yaml, `rec_img_shape`."""

_ROTATED = 1.5
"""Height over width from which RapidOCR turns a line on its side. *Source:* RapidOCR, `get_rotate_crop_image`."""

_LONGEST_LINE = 40
"""Width over height of a line that is read; a longer one costs more than it can say."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    def within(self, width: int, height: int) -> Box:
        """Gives the part that lies in a picture of a size."""
        left, top = min(max(self.x, 0), width), min(max(self.y, 0), height)
        right, bottom = min(max(self.x + self.width, left), width), min(max(self.y + self.height, top), height)
        return Box(left, top, right - left, bottom - top)

    def moved(self, x: int, y: int) -> Box:
        """Gives the rectangle at another place."""
        return Box(self.x + x, self.y + y, self.width, self.height)

    def scaled(self, factor: float) -> Box:
        """Gives the rectangle in a picture that is larger or smaller."""
        left, top = round(self.x * factor), round(self.y * factor)
        right, bottom = round((self.x + self.width) * factor), round((self.y + self.height) * factor)
        return Box(left, top, right - left, bottom - top)

    def around(self, other: Box) -> Box:
        """Gives the smallest rectangle that holds both."""
        left, top = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it was read.

    Attributes:
        text: The characters.
        confidence: Of the recogniser, 0 to 1: the mean over the characters.
        box: Around the line, with the finder's margin.
    """

    text: str
    confidence: float
    box: Box


@dataclass(frozen=True)
class Engine:
    """Finds lines of text and reads them; the same pixels give the same texts on one kind of processor."""

    ocr: Any
    describe: tuple[Tool, ...]

    def find(self, rgb: NDArray[np.uint8]) -> list[Box]:
        """Finds lines of text, without reading them.

        Args:
            rgb: Shape (height, width, 3).

        Raises:
            ToolError: The finder failed.
        """
        found = self._run(rgb, use_det=True, use_rec=False)
        boxes = getattr(found, "boxes", None)
        return [] if boxes is None else [_upright(corners) for corners in boxes]

    def read(self, rgb: NDArray[np.uint8], box: Box) -> Line | None:
        """Reads one line of text; None where there is none.

        Raises:
            ToolError: The recogniser failed.
        """
        inside = box.within(rgb.shape[1], rgb.shape[0])
        is_line = min(inside.width, inside.height) > 1 and inside.width <= _LONGEST_LINE * inside.height
        if not is_line:
            return None
        part = rgb[inside.y : inside.y + inside.height, inside.x : inside.x + inside.width]
        read = self._run(_laid(part), use_det=False, use_rec=True)
        texts, scores = getattr(read, "txts", None), getattr(read, "scores", None)
        text = str(texts[0]).strip() if texts else ""
        return Line(text, round(float(scores[0]), 2), inside) if text and scores else None

    def _run(self, rgb: NDArray[np.uint8], *, use_det: bool, use_rec: bool) -> Any:
        import cv2
        import numpy as np
        from rapidocr.inference_engine.onnxruntime import ONNXRuntimeError

        bgr = np.ascontiguousarray(rgb[:, :, ::-1])
        try:
            return self.ocr(bgr, use_det=use_det, use_cls=False, use_rec=use_rec, return_word_box=False, text_score=0.0)
        except (ONNXRuntimeError, cv2.error, ValueError, RuntimeError, IndexError, TypeError, AttributeError) as error:
            raise ToolError(f"text recognition failed: {type(error).__name__}") from error


def _upright(corners: Iterable[Any]) -> Box:
    points = [(float(x), float(y)) for x, y in corners]
    left, top = (math.floor(min(point[axis] for point in points)) for axis in (0, 1))
    right, bottom = (math.ceil(max(point[axis] for point in points)) for axis in (0, 1))
    return Box(left, top, right - left, bottom - top)


def _laid(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lays a standing line on its side, as RapidOCR does with what it found itself."""
    import numpy as np

    is_standing = part.shape[0] >= _ROTATED * part.shape[1] and part.shape[0] > _DEPTH_PX
    return np.ascontiguousarray(np.rot90(part)) if is_standing else part


def load() -> Engine:
    """Loads finder and recogniser, once per process.

    Raises:
        ToolMissingError: RapidOCR, ONNX Runtime or a model is not installed.
        ToolError: They cannot be loaded.
    """
    made = _load()
    if isinstance(made, ForensicsError):
        raise made
    return made


@cache
def _load() -> Engine | ForensicsError:
    try:
        runtime = import_module("onnxruntime")
        import rapidocr
    except ImportError:
        return ToolMissingError("text recognition is not installed", hint=HINT)
    folder = Path(rapidocr.__file__).parent / "models"
    models = [next(iter(sorted(folder.glob(f"*_{task}_*.onnx"))), None) for task in ("det", "rec")]
    if None in models:
        return ToolMissingError("the models of text recognition are not in the package RapidOCR", hint=HINT)
    finder, recogniser = (Path(str(model)) for model in models)
    try:
        ocr = rapidocr.RapidOCR(params=_parameters(finder, recogniser))
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        return ToolError(f"text recognition cannot be loaded: {type(error).__name__}", hint=HINT)
    settings = {"finder": finder.name, "recogniser": recogniser.name}
    tools = (Tool("rapidocr", version("rapidocr"), settings=settings), Tool("onnxruntime", str(runtime.__version__)))
    return Engine(ocr, tools)


def _parameters(finder: Path, recogniser: Path) -> dict[str, Any]:
    """Gives settings under which a picture is taken in the size that it is given in, and nothing is fetched."""
    return {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Global.min_side_len": 1,
        "Global.max_side_len": 1_000_000,
        "Det.limit_type": "max",
        "Det.limit_side_len": 1_000_000,
        "Det.model_path": str(finder),
        "Rec.model_path": str(recogniser),
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
