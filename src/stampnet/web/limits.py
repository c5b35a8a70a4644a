"""What a request may ask for, whoever sends it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bytes, pixels and seconds of one request, and how many may wait."""

    max_bytes: int = 32 * 2**20
    """Of the body of a request; more is refused while it arrives."""
    max_pixels: int = 2**25
    """Of an image, told from its header: 33 million, 100 MB in colour."""
    max_waiting: int = 8
    """Requests for work that are held at once, that at work among them; more are asked to come again."""
    max_seconds: float = 300.0
    """From the arrival of a request for work to its answer."""
