#!/usr/bin/env bash
# Streamdown renders the answer of a model while it streams, and closes emphasis that is still open. Expected: the text
# of a finished answer is shown as written: in `Edit app/_layout.tsx first.` the underscore is a plain letter to every
# Markdown library. Seen on 2026-11-30 (streamdown 2.7.1, remend 1.4.0, react 19.2.0, Node 20.20.2): the page shows
# "app/layout.tsx", another file of a Next.js or Expo app. The default mode closes emphasis at the end of a finished
# answer, too, also with `isAnimating={false}`. So a glob loses a star, and `2 ** 10` gets two more. Only
# `mode="static"`, set when the answer is done, shows the text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund streamdown@2.7.1 remend@1.4.0 react@19.2.0 react-dom@19.2.0
cat >run.mjs <<'JS'
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { Streamdown } from "streamdown";

const show = (text, props) => renderToStaticMarkup(createElement(Streamdown, props, text)).replace(/ (class|data-[a-z-]+)="[^"]*"/g, "").replace(/<\/?(div|p)>/g, "");
for (const text of ["Edit app/_layout.tsx first.", "Run it on src/**/*.ts and commit.", "Call foo(*args).", "It is 2 ** 10."]) {
  console.log(`finished: ${show(text, { isAnimating: false })} | static: ${show(text, { mode: "static" })}`);
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
finished: Edit app/<em>layout.tsx first.</em> | static: Edit app/_layout.tsx first.
finished: Run it on src/**/<em>.ts and commit.</em> | static: Run it on src/**/*.ts and commit.
finished: Call foo(<em>args).</em> | static: Call foo(*args).
finished: It is 2 ** 10.** | static: It is 2 ** 10.
SEEN
echo "as on 2026-11-30"
