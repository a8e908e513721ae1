import { describe, expect, test } from "vitest";
import { drawImage, imageProtocolOf } from "../../src/cli/chat/draw-image.ts";

// supports-terminal-graphics 0.1.0 knows these variables of the terminals.
describe("the protocol of a terminal", () => {
  test.each([
    [{ KITTY_WINDOW_ID: "1" }, "kitty"],
    [{ TERM_PROGRAM: "ghostty" }, "kitty"],
    [{ TERM_PROGRAM: "WezTerm", TERM_PROGRAM_VERSION: "20240203.110809.5046fc22" }, "iterm2"],
    [{ TERM_PROGRAM: "iTerm.app", TERM_PROGRAM_VERSION: "3.6.0" }, "iterm2"],
    [{ TERM_PROGRAM: "vscode", TERM_PROGRAM_VERSION: "1.99.0" }, "iterm2"],
    [{ TERM_PROGRAM: "Apple_Terminal" }, undefined],
    [{ TERM: "xterm-256color" }, undefined],
    [{ KITTY_WINDOW_ID: "1", TMUX: "/tmp/tmux-0/default,1,0" }, undefined],
    [{ KITTY_WINDOW_ID: "1", STY: "1.pts-0" }, undefined],
    [{ KITTY_WINDOW_ID: "1", TERM: "tmux-256color" }, undefined],
  ])("with %j is %s", (env, protocol) => {
    const { env: before } = process;
    process.env = env;
    try {
      expect(imageProtocolOf({ isTTY: true })).toBe(protocol);
      expect(imageProtocolOf({ isTTY: false })).toBeUndefined();
    } finally {
      process.env = before;
    }
  });
});

describe("an image in kitty's protocol", () => {
  /** The first bytes of a PNG of this width. */
  function pngOf(width: number): Buffer {
    const bytes = Buffer.alloc(10_000);
    Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(bytes);
    bytes.writeUInt32BE(width, 16);
    return bytes;
  }
  const draw = (bytes: Buffer, mediaType = "image/png") =>
    drawImage({ bytes, mediaType, name: "a" }, "kitty", 80);

  test("is scaled to the terminal only if it is wide", () => {
    expect(draw(pngOf(2000))).toContain("a=T,f=100,q=2,c=80,m=1;");
    expect(draw(pngOf(600))).toContain("a=T,f=100,q=2,m=1;");
  });

  test("is absent for other types and for bytes that are no image", () => {
    expect(draw(pngOf(10), "image/jpeg")).toBeUndefined();
    expect(draw(Buffer.from("PNG"))).toBeUndefined();
  });
});
