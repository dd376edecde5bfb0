"""Container: what a file is made of, who wrote it so, what does not fit, and every date in it."""
