"""The steps of an annotation operation, each a verb of the command line."""
