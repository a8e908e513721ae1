import { element } from "../../dom/elements.ts";

/** A piece of a program's output that has one look. */
export interface OutputPiece {
  readonly text: string;
  /** Classes such as `bold` or `ansi-1`. Empty for plain text. */
  readonly look: string;
}

interface Look {
  readonly color: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

const ESC = "\u001b";
const BEL = "\u0007";

const PLAIN: Look = { color: undefined, bold: false, dim: false, italic: false, underline: false };

/** Escape sequences by ECMA-48. Their parts do not overlap, so that the match takes linear time. */
const sequences = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]?|[\\]PX^_][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[ -/]*[0-~]?)`,
  "g",
);

/** Controls other than tab and line end. */
const controls = /[^\P{Cc}\t\n]/gu;

/** Returns true for a text with escape sequences or overwritten lines. */
export function hasControls(text: string): boolean {
  return text.includes(ESC) || text.includes("\r");
}

/**
 * Pure: returns the pieces of a program's output. Colours and weights become looks. All other
 * escape sequences and controls are dropped, so that nothing of the page can be changed.
 */
export function outputPieces(output: string): OutputPiece[] {
  const text = output.split("\n").map(lastState).join("\n");
  const pieces: OutputPiece[] = [];
  let look = PLAIN;
  let end = 0;
  const add = (piece: string) => {
    const shown = piece.replaceAll(controls, "");
    if (shown !== "") pieces.push({ text: shown, look: classesOf(look) });
  };
  for (const { 0: sequence, index } of text.matchAll(sequences)) {
    add(text.slice(end, index));
    end = index + sequence.length;
    if (/^.\[[\d;:]*m$/s.test(sequence)) look = nextLook(look, sequence.slice(2, -1));
  }
  add(text.slice(end));
  return pieces;
}

/** Returns the last state of a line whose program went back to its beginning. */
function lastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end -= 1;
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}

/** Creates the nodes of pieces. Text is never read as HTML. */
export function pieceNodes(pieces: readonly OutputPiece[]): (Node | string)[] {
  return pieces.map(({ text, look }) => (look === "" ? text : element("span", look, text)));
}

function classesOf({ color, ...weights }: Look): string {
  const names = Object.entries(weights).flatMap(([name, isSet]) => (isSet ? [`ansi-${name}`] : []));
  return [...(color === undefined ? [] : [`ansi-${color}`]), ...names].join(" ");
}

/**
 * Applies the parameters of one SGR sequence. Backgrounds are left out, for the sake of contrast.
 */
function nextLook(before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  let look = before;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const isIndexed = codes[at + 1] === 5;
      const rest = codes.slice(at + 2, at + (isIndexed ? 3 : 5));
      if (code === 38) look = { ...look, color: isIndexed ? ofPalette(rest[0] ?? 0) : nearest(rest) };
      at += isIndexed ? 2 : 4;
    } else look = withCode(look, code);
  }
  return look;
}

function withCode(look: Look, code: number): Look {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 23) return { ...look, italic: false };
  if (code === 24) return { ...look, underline: false };
  if (code >= 30 && code <= 37) return { ...look, color: code - 30 };
  if (code === 39) return { ...look, color: undefined };
  if (code >= 90 && code <= 97) return { ...look, color: code - 90 };
  return look;
}

/** The levels of the palette's cube, as xterm has them. */
const levels = [0, 95, 135, 175, 215, 255];

/** Returns one of the eight colours of the page's theme for a colour of the palette of 256. */
function ofPalette(index: number): number | undefined {
  if (index < 16) return index % 8;
  if (index > 231) return undefined;
  const cube = index - 16;
  const level = (step: number) => levels[Math.floor(cube / step) % 6] ?? 0;
  return nearest([level(36), level(6), level(1)]);
}

function nearest([red = 0, green = 0, blue = 0]: readonly number[]): number | undefined {
  const middle = Math.max(red, green, blue) / 2;
  const bit = (value: number, weight: number) => (value > middle ? weight : 0);
  return bit(red, 1) + bit(green, 2) + bit(blue, 4);
}
