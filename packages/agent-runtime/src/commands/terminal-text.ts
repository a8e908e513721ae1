/** Turns a terminal's output into the text that stands there in the end. */
export interface TerminalText {
  /** Adds output. Returns the lines that are finished. */
  write(output: string): string;
  /** Returns the line that is not finished. */
  end(): string;
}

/** A longer line is passed on in parts. Programs draw lines in the first hundreds of columns. */
const MAX_LINE_CHARS = 10_000;

/** A longer escape sequence is none: its text is shown. */
const MAX_ESCAPE_CHARS = 4096;

const ESC = "\u001b";
const BEL = "\u0007";
const CONTROL_SEQUENCE = String.raw`\[[0-?]*[ -/]*[@-~]`;
const STRING_START = String.raw`[\]PX^_]`;

/**
 * A token of the output, by ECMA-48:
 * - a control sequence, such as a colour
 * - a string that ends with BEL or ST, such as a title or a link
 * - a short escape sequence
 * - a control that moves
 * - plain text
 */
const tokens = new RegExp(
  [
    `${ESC}${CONTROL_SEQUENCE}?`,
    `${ESC}${STRING_START}[^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?`,
    `${ESC}[ -/]*[0-~]?`,
    String.raw`[\r\n\b]`,
    String.raw`[^\r\n\b${ESC}]+`,
  ].join("|"),
  "g",
);

/**
 * A text that begins with a whole escape sequence. Of a string that ends with ST, ST is looked at
 * alone.
 */
const complete = new RegExp(
  `^${ESC}(?:${CONTROL_SEQUENCE}|${STRING_START}[^${BEL}${ESC}]*${BEL}|[ -/]*(?![${String.raw`[\]PX^_`}])[0-~])`,
);

/** Controls other than tab and line end. */
const controls = /[^\P{Cc}\t\n]/gu;

/**
 * Creates a reader that drops escape sequences and plays overwritten lines, so that the last state
 * of a progress bar stays. It holds one line. Moves between lines are dropped. Takes time in
 * proportion to the output.
 */
export function createTerminalText(): TerminalText {
  const line = createLine();
  let unfinished = "";
  return {
    write(output) {
      let text = unfinished + output;
      unfinished = "";
      if (line.isEmpty() && text.endsWith("\n") && text.search(controls) === -1) return text;
      const last = text.lastIndexOf(ESC);
      if (last !== -1 && text.length - last < MAX_ESCAPE_CHARS && !complete.test(text.slice(last))) {
        unfinished = text.slice(last);
        text = text.slice(0, last);
      }
      let finished = "";
      for (const [token] of text.matchAll(tokens)) {
        if (token === "\n") finished += `${line.take()}\n`;
        else line.play(token);
        if (line.isLong()) finished += line.take();
      }
      return finished;
    },
    end: () => line.take(),
  };
}

function createLine() {
  let cells: string[] = [];
  let column = 0;
  let wasOverwritten = false;
  const moveTo = (to: number) => {
    if (to < column) wasOverwritten = true;
    column = Math.min(Math.max(0, to), MAX_LINE_CHARS);
  };
  const put = (text: string) => {
    while (cells.length < column) cells.push(" ");
    for (const character of text) {
      cells[column] = character;
      column += 1;
    }
  };
  const erase = (part: string) => {
    wasOverwritten = true;
    if (part === "1") cells.fill(" ", 0, column + 1);
    else cells.length = Math.min(cells.length, part === "2" ? 0 : column);
  };
  return {
    isEmpty: () => cells.length === 0 && column === 0,
    isLong: () => cells.length > MAX_LINE_CHARS,
    take() {
      const text = cells.join("");
      const taken = wasOverwritten ? text.trimEnd() : text;
      cells = [];
      column = 0;
      wasOverwritten = false;
      return taken;
    },
    /** Plays a token other than a line end. */
    play(token: string) {
      if (token === "\r") moveTo(0);
      else if (token === "\b") moveTo(column - 1);
      else if (!token.startsWith(ESC)) put(token.replaceAll(controls, ""));
      else if (token.startsWith(`${ESC}[`)) {
        const parameter = token.slice(2, -1);
        const count = Number(parameter) || 1;
        if (token.endsWith("K")) erase(parameter);
        else if (token.endsWith("G")) moveTo(count - 1);
        else if (token.endsWith("C")) moveTo(column + count);
        else if (token.endsWith("D")) moveTo(column - count);
      }
    },
  };
}
