"""The command line: one module per noun; alone chooses adapters."""
