#!/bin/sh
# Saves a data directory into an archive, also while the server runs: backup.sh DATA_DIR ARCHIVE
#
# Transcripts are only appended to, so that each one in the archive is whole up to some entry.
set -eu
data=$1
archive=$2
[ -d "$data/sessions" ] || { echo "$data is no data directory: it has no sessions." >&2; exit 1; }
[ ! -e "$archive" ] || { echo "$archive exists. Choose another name." >&2; exit 1; }
umask 077
# 1 means that a file grew meanwhile.
tar --create --gzip --file "$archive.part" --exclude ./address --directory "$data" . || [ $? -eq 1 ]
mv "$archive.part" "$archive"
