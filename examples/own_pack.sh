#!/bin/sh
# A domain of one's own, from nothing to labelled tasks: adding a domain is adding a folder.
# Starts a Label Studio of the workspace's own, and stops it at the end.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export TOOLKIT_WORKSPACE="${1:-recipes-workspace}"
toolkit init "$TOOLKIT_WORKSPACE"
cp -r "$here/own_pack/recipes" "$TOOLKIT_WORKSPACE/configs/domains/"
cp "$here/own_pack/team.yaml" "$TOOLKIT_WORKSPACE/team.yaml"
toolkit config check
toolkit server start
trap 'toolkit server stop' EXIT
toolkit ingest "$here/own_pack/texts.jsonl"
toolkit run
toolkit release recipes
