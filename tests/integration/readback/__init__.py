"""What the libraries of every format read in a release, compared with what was released.

Each `compare_…` takes a :class:`~tests.integration.readback.released.Released` and returns how many rows, spans, boxes,
segments or conversations it found equal, so that a test can see that there were some. What is expected is made from the
rows of the JSONL alone, without the code that wrote the format.
"""
