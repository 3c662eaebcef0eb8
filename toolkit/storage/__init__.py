"""The workspace: state, ledger, snapshots and tables on disk."""
