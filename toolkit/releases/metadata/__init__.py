"""What a release says of itself: its description, and the card, Croissant and provenance written from it."""
