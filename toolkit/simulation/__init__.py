"""Annotators that exist only to try an operation out: ability, truth and faults."""

from toolkit.simulation.annotators import ability_in, answer, lead_time_s, skips
from toolkit.simulation.truth import Reference, latent_truth

__all__ = ["Reference", "ability_in", "answer", "latent_truth", "lead_time_s", "skips"]
