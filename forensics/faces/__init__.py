"""Faces: where they are, how well they are seen, how they move, and how similar they are; nobody is named here."""
