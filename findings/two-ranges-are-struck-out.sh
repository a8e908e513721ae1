#!/usr/bin/env bash
# Three Markdown libraries and tildes. Expected: `2~4小时，花费50~80元` (2 to 4 hours, 50 to 80 yuan) is plain text,
# as all write it who use a tilde for a range, and one text means the same in each library.
# The specification of GFM: "Three or more tildes do not create a strikethrough".
# Seen on 2026-11-30 (Node 20.20.2): marked and micromark strike out the words between two ranges and drop the
# tildes, so that another amount is read. markdown-it leaves them, and strikes out between three tildes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund marked@18.2.1 micromark@4.0.3 micromark-extension-gfm-strikethrough@2.1.0 markdown-it@15.0.3
cat >run.mjs <<'JS'
import createMarkdownIt from "markdown-it";
import { marked } from "marked";
import { micromark } from "micromark";
import { gfmStrikethrough, gfmStrikethroughHtml } from "micromark-extension-gfm-strikethrough";

const md = createMarkdownIt();
const extension = { extensions: [gfmStrikethrough()], htmlExtensions: [gfmStrikethroughHtml()] };
for (const text of ["用时2~4小时，花费50~80元", "takes 2~4 hours and 50~80 yuan", "a ~~~b~~~ c"]) {
  console.log("marked:", marked.parse(text).trim());
  console.log("micromark:", micromark(text, extension));
  console.log("markdown-it:", md.render(text).trim());
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
marked: <p>用时2<del>4小时，花费50</del>80元</p>
micromark: <p>用时2<del>4小时，花费50</del>80元</p>
markdown-it: <p>用时2~4小时，花费50~80元</p>
marked: <p>takes 2<del>4 hours and 50</del>80 yuan</p>
micromark: <p>takes 2<del>4 hours and 50</del>80 yuan</p>
markdown-it: <p>takes 2~4 hours and 50~80 yuan</p>
marked: <p>a ~~~b~~~ c</p>
micromark: <p>a ~~~b~~~ c</p>
markdown-it: <p>a ~<s>b</s>~ c</p>
SEEN
echo "as on 2026-11-30"
