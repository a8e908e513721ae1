#!/usr/bin/env bash
# A program in tmux wants to draw an image, and asks a library which protocol the terminal has. Expected: none, or that
# of tmux. Seen on 2026-11-30 (Node 20.20.2, tmux 3.3a of Debian 12): tmux passes on the variables of the terminal that
# it was started in. With KITTY_WINDOW_ID the library answers `kitty: true`, and with LC_TERMINAL=iTerm2, which ssh
# passes on too, `iterm2: true`. tmux draws neither image. It takes the sequence of kitty's protocol for the title of
# the pane, so that the image's base64 stands in the status line and in the terminal's tab.
# Needs tmux: apt-get install tmux
set -euo pipefail
dir=$(mktemp -d)
trap 'tmux -S "$dir/socket" kill-server 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund supports-terminal-graphics@0.1.0
cat >draw.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { createSupportsTerminalGraphics } from "supports-terminal-graphics";

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const { kitty, iterm2 } = createSupportsTerminalGraphics(process.stdout);
writeFileSync("answer", `kitty: ${kitty}, iterm2: ${iterm2}, TERM_PROGRAM: ${process.env.TERM_PROGRAM}`);
// https://sw.kovidgoyal.net/kitty/graphics-protocol/ and https://iterm2.com/documentation-images.html
if (kitty) process.stdout.write(`\u001B_Ga=T,f=100,q=2;${png}\u001B\\`);
else if (iterm2) process.stdout.write(`\u001B]1337;File=inline=1:${png}\u0007`);
JS

# Prints what the library answers in tmux, and the title of the pane after the image.
try() {
  rm -f answer
  env -u TMUX "$@" TERM=xterm-256color tmux -S socket -f /dev/null new-session -d -x 80 -y 24 \
    "node draw.mjs; tmux -S socket wait-for -S drawn; exec cat"
  tmux -S socket wait-for drawn
  printf '%s\n  %s\n  title: %s\n' "$1" "$(cat answer)" "$(tmux -S socket display-message -p '#{=60:pane_title}')"
  tmux -S socket kill-server
}

tmux -V
seen=$(try KITTY_WINDOW_ID=1; try LC_TERMINAL=iTerm2; try NOTHING=1)
printf '%s\n' "$seen" | sed "s/title: $(hostname)$/title: (as before)/"
grep -q 'kitty: true, iterm2: false, TERM_PROGRAM: tmux' <<<"$seen"
grep -q 'title: Ga=T,f=100,q=2;iVBORw0KGgo' <<<"$seen"
grep -q 'kitty: false, iterm2: true, TERM_PROGRAM: tmux' <<<"$seen"
grep -q 'kitty: false, iterm2: false, TERM_PROGRAM: tmux' <<<"$seen"
