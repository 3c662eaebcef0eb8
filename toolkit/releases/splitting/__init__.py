"""Which rows go to which part of a dataset: documents, near duplicates and conversations stay together."""
