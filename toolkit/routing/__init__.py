"""Which domain, tier and annotators a task goes to, and why."""
