#!/bin/sh
# The whole cycle on the seed documents, as one would type it. Everything lands in one folder; run it again, and
# nothing is done twice.
set -eu
here=$(dirname "$0")/..
workspace=${1:-demo}

step() {
    printf '\n$ toolkit %s\n' "$*"
    toolkit "$@"
}

step init "$workspace"
export TOOLKIT_WORKSPACE="$workspace"
step server start
step ingest "$here"/seeds/*.fr.md
step run --reference "$here/seeds/reference.jsonl"
step release seeds
step agreement
step status
step report
step server status
cat <<END

Annotate yourself: open the address above, log in with the user and the password file shown, choose a project.
Ask why a task went where it went:   .venv/bin/toolkit why -w $workspace TASK     (TASK as in: toolkit status --tasks)
Stop the server:                     .venv/bin/toolkit server stop -w $workspace
END
