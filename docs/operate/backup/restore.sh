#!/bin/sh
# Restores an archive into a data directory that is empty or missing: restore.sh ARCHIVE DATA_DIR
set -eu
archive=$1
data=$2
if [ -e "$data" ] && [ -n "$(ls -A "$data")" ]; then
  echo "$data is not empty. Stop the server, and move it away first." >&2
  exit 1
fi
umask 077
mkdir -p "$data"
tar --extract --gzip --file "$archive" --directory "$data"
echo "Restored. Check it: mini-openclaw doctor"
