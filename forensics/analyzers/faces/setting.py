"""The settings of the search for faces, under the names that the analyzer gives them."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.faces.face import Search

STILL_SIDES_PX = (640, 2880)
"""Longest sides at which stills are searched. *Source:* measured on 70 faces of 48 px in a picture of 4000 by 3000
pixels: 57 are found at 640 and 1920, 69 at 640 and 2880, 70 at 640 and 3840, which takes nearly twice as long."""

CLIP_SIDES_PX = (640, 1280)
"""The same for frames of clips: a face of 48 px in 1080p has 32 px then."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What `FacesAnalyzer` says of its fields."""

    start_score: float
    score: float
    overlap: float
    gap_s: float
    least_frames: int
    sure_score: float
    max_faces: int
    max_tracks: int
    max_crops: int
    crops: int
    apart_s: float
    crop_px: int

    def search(self, *, is_picture: bool) -> Search:
        """Says how a frame is searched; one face more than is followed is asked for, to know whether there are more."""
        if is_picture:
            return Search(STILL_SIDES_PX, self.start_score, most=self.max_tracks + 1)
        return Search(CLIP_SIDES_PX, self.score, most=self.max_faces + 1)

    def most(self, *, is_picture: bool) -> int:
        """Gives how many faces of a frame are followed."""
        return self.max_tracks if is_picture else self.max_faces
