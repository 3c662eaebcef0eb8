#!/bin/sh
# Agreement and consensus of a plain file: columns task, annotator, label, and here control. No workspace, no server.
set -eu
cd "$(dirname "$0")"
toolkit agreement --input votes.csv
toolkit consensus --input votes.csv --control urgency --min-support 0.6
