"""Compression: what the coding of pictures, clips and sound tells about how often and how they were saved."""
