"""Evidence toolkit: collects media into a case, examines it, and builds packets that anyone can verify."""

from __future__ import annotations

__version__ = "0.1.0"
