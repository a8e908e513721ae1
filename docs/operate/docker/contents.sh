#!/bin/sh
# Writes the files of the image into a folder: contents.sh FOLDER PACKAGE
# PACKAGE is what `npm install` accepts: mini-openclaw@0.1.0, or a tarball of `npm pack`.
set -eu
root=$1
package=$2
app=$root/opt/mini-openclaw
mkdir -p "$app" "$root/usr/local/bin" "$root/data" "$root/workspace" "$root/config"
echo '{"private":true}' >"$app/package.json"
npm install --prefix "$app" --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier "$package" >&2
# The link holds in the image, and in the folder.
ln -sf ../../../opt/mini-openclaw/node_modules/mini-openclaw/dist/main.js "$root/usr/local/bin/mini-openclaw"
chmod 700 "$root/data" "$root/config"
if [ "$(id -u)" = 0 ]; then chown -R 1000:1000 "$root/data" "$root/workspace" "$root/config"; fi
