import type { WriteStream } from "node:tty";
import { createSupportsTerminalGraphics } from "supports-terminal-graphics";

/** A protocol for images in a terminal. */
type ImageProtocol = "iterm2" | "kitty";

/** The bytes of an image, and a name for the terminal. */
export interface TerminalImage {
  bytes: Buffer;
  mediaType: string;
  name: string;
}

// The longest payload of one sequence in kitty's protocol.
const KITTY_CHARS = 4096;
// PNG: the signature has 8 bytes, and the width follows the length and the name of the first chunk.
const PNG_WIDTH_AT = 16;
const MIN_PNG_BYTES = 24;
/** The narrowest cell that is usual. A wider image is scaled to the terminal's width. */
const CELL_WIDTH = 8;

/** Returns the protocol of the terminal, or `undefined` where it cannot draw. */
export function imageProtocolOf(
  output: Pick<WriteStream, "isTTY">,
  env: NodeJS.ProcessEnv = process.env,
): ImageProtocol | undefined {
  // A multiplexer drops images or prints their bytes, and passes the variables of its terminal on.
  const isMultiplexed = env["TMUX"] || env["STY"] || /^(?:screen|tmux)/.test(env["TERM"] ?? "");
  if (isMultiplexed) return undefined;
  const { iterm2, kitty } = createSupportsTerminalGraphics(output);
  // Terminals with both decode more types of images with the first one.
  if (iterm2) return "iterm2";
  return kitty ? "kitty" : undefined;
}

/**
 * Returns the characters that draw an image at the cursor, or `undefined` for a type that the
 * protocol does not have.
 *
 * @see https://iterm2.com/documentation-images.html
 * @see https://sw.kovidgoyal.net/kitty/graphics-protocol/
 */
export function drawImage(
  { bytes, mediaType, name }: TerminalImage,
  protocol: ImageProtocol,
  columns = 80,
): string | undefined {
  const data = bytes.toString("base64");
  if (protocol === "iterm2") {
    const label = Buffer.from(name).toString("base64");
    return `\u001B]1337;File=name=${label};size=${bytes.length};inline=1:${data}\u0007\n`;
  }
  if (mediaType !== "image/png" || bytes.length < MIN_PNG_BYTES) return undefined;
  const isWide = bytes.readUInt32BE(PNG_WIDTH_AT) > columns * CELL_WIDTH;
  // `q=2` keeps the terminal from an answer, which would look like typed keys.
  const keys = `a=T,f=100,q=2${isWide ? `,c=${columns}` : ""},`;
  const parts = data.match(new RegExp(`.{1,${KITTY_CHARS}}`, "g")) ?? [];
  const sequences = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    return `\u001B_G${index === 0 ? keys : ""}m=${isLast ? 0 : 1};${part}\u001B\\`;
  });
  return `${sequences.join("")}\n`;
}
