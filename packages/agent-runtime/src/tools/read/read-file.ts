import { isAscii } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { isAbsolute } from "node:path";
import {
  detectEncoding,
  SAMPLE_BYTES,
  type TextEncoding,
  trimSample,
} from "../../files/encoding/detect-encoding.ts";
import { createDecoder, readMark, utf8 } from "../../files/encoding/text-encoding.ts";
import { hasOnlyCr } from "../../files/line-ends.ts";
import { below, PathError } from "../../files/path-error.ts";
import { openFile, type Workspace } from "../../files/workspace-file.ts";
import { wholeHead } from "../../shared/cut-text.ts";
import { defineTool, type ToolDefinition } from "../../tool-calls/define-tool.ts";
import { readMedia, readNotebook } from "./read-media.ts";

/** The tutorial's number. */
const DEFAULT_LIMIT = 2000;
/** A longer line is cut, as other agents do: minified files are no text to read. */
const MAX_LINE_CHARS = 2000;
/**
 * The output of one call, in UTF-16 units. Stays under the agent's `maxToolOutputChars`.
 */
const MAX_OUTPUT_CHARS = 40_000;
/** Bytes of a file that are searched for lines. 256 MiB take about a second. */
const MAX_SCANNED_BYTES = 268_435_456;

/**
 * Creates the tool `read_file`. It returns lines of a text file with their numbers, and images and
 * PDFs as files.
 */
export function createReadFileTool(workspace: Workspace): ToolDefinition {
  return defineTool<{ file_path: string; offset?: number; limit?: number }>({
    name: "read_file",
    description:
      "Read a file of the workspace. Returns the lines of a text file with their numbers, as `cat -n` does. " +
      "You see images (PNG, JPEG, GIF, WebP) and PDFs. A notebook (.ipynb) is shown as its cells. " +
      `Reads ${DEFAULT_LIMIT} lines from the start unless told otherwise.`,
    parameters: {
      file_path: { type: "string", description: "Path of the file, relative to the workspace." },
      offset: {
        type: "integer",
        minimum: 1,
        required: false,
        description: "Number of the first line; 1 by default.",
      },
      limit: {
        type: "integer",
        minimum: 1,
        required: false,
        description: "How many lines; 2000 by default.",
      },
    },
    async execute({ file_path, offset = 1, limit = DEFAULT_LIMIT }, { signal, skillFolders = [] }) {
      const opened = await openFile(folderFor(file_path, workspace, skillFolders), file_path);
      try {
        const media = await readMedia(opened.file, file_path);
        if (media) return media;
        const notebook = await readNotebook(opened.file, file_path);
        if (notebook !== undefined) {
          return { success: true, output: showText(notebook, { path: file_path, offset, limit, signal }) };
        }
        const output = await showFile(opened.file, { path: file_path, offset, limit, signal });
        return { success: true, output };
      } finally {
        await opened.close();
      }
    },
  });
}

/** Returns the folder of skills that an absolute path lies in, else the workspace. */
function folderFor(path: string, workspace: Workspace, skillFolders: readonly string[]): Workspace {
  if (!isAbsolute(path) || below(workspace.dir, path) !== undefined) return workspace;
  const dir = skillFolders.find((folder) => below(folder, path) !== undefined);
  return dir === undefined ? workspace : { dir };
}

/** Returns lines of a text with their numbers. */
function showText(text: string, { offset, limit }: Span): string {
  const lines = text.split("\n");
  let output = "";
  for (const [index, line] of lines.slice(offset - 1).entries()) {
    const number = offset + index;
    if (index >= limit || output.length > MAX_OUTPUT_CHARS) {
      return `${output}[the file goes on; read it from offset ${number}]`;
    }
    output += `${String(number).padStart(6)}\t${cutLine(line)}\n`;
  }
  return output === "" ? `(the notebook has only ${lines.length} lines)` : output;
}

interface Span {
  path: string;
  offset: number;
  limit: number;
  signal: AbortSignal;
}

/**
 * Shows lines of a file in the encoding of its mark, else as UTF-8, else in the one that is
 * detected.
 */
async function showFile(file: FileHandle, span: Span): Promise<string> {
  const mark = readMark(await readAt(file, 0, 3));
  const progress = { sampleStart: 0 };
  try {
    const encoding = mark?.encoding ?? utf8;
    return await showLines(file, { ...span, encoding, start: mark?.length ?? 0, progress });
  } catch (error) {
    if (mark || !(error instanceof PathError)) throw error;
    const sample = await readAt(file, progress.sampleStart, PIECE_BYTES);
    const encoding = await detectEncoding(trimSample(sample), span.path);
    return await showLines(file, { ...span, encoding, start: 0, progress });
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

interface Reading extends Span {
  encoding: TextEncoding;
  start: number;
  /** Where the first piece with bytes beyond ASCII was found. */
  progress: { sampleStart: number };
}

async function showLines(file: FileHandle, reading: Reading): Promise<string> {
  const { offset, limit, encoding } = reading;
  let output = "";
  let number = 0;
  const lineEnds = { lf: 0, crlf: 0, cr: 0 };
  for await (const lines of linesOf(file, reading)) {
    for (const line of lines) {
      number += 1;
      if (line.isEnded) lineEnds[line.hasCrEnd ? "cr" : line.text.endsWith("\r") ? "crlf" : "lf"] += 1;
      if (number < offset) continue;
      if (number >= offset + limit || output.length > MAX_OUTPUT_CHARS) {
        output += `[the file goes on; read it from offset ${number}]`;
        return output + describeFormat(encoding, lineEnds, "\n");
      }
      output += `${String(number).padStart(6)}\t${cutLine(line.text)}\n`;
    }
  }
  if (output !== "") return output + describeFormat(encoding, lineEnds, "");
  return number === 0 ? "(the file is empty)" : `(the file has only ${number} lines)`;
}

/** Describes what a plain text file does not have. Edits keep it. */
function describeFormat(
  { name, hasMark }: TextEncoding,
  { lf, crlf, cr }: { lf: number; crlf: number; cr: number },
  gap: string,
): string {
  const parts = [
    ...(name === "UTF-8" && !hasMark ? [] : [`encoding ${name}${hasMark ? " with a byte order mark" : ""}`]),
    ...(crlf === 0 ? [] : [lf === 0 ? "CRLF line ends" : "CRLF and LF line ends, mixed"]),
    ...(cr === 0 ? [] : ["CR line ends"]),
  ];
  return parts.length === 0 ? "" : `${gap}[${parts.join(", ")}; edits keep this]`;
}

interface Line {
  text: string;
  isEnded: boolean;
  /** True if a CR alone ended it. */
  hasCrEnd: boolean;
}

/** The bytes that are read and decoded at a time, and the sample that a detector gets. */
const PIECE_BYTES = SAMPLE_BYTES;

/**
 * Yields the lines of a file, those of a piece at a time. Long ones are cut, so that memory is
 * bounded whatever the file holds.
 */
async function* linesOf(
  file: FileHandle,
  { path, encoding, start, progress, signal }: Reading,
): AsyncGenerator<readonly Line[]> {
  const decoder = await createDecoder(encoding, path);
  const piece = Buffer.alloc(PIECE_BYTES);
  let isPlain = true;
  let line = "";
  let lineEnd = "";
  for (let at = start; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    const bytes = piece.subarray(0, bytesRead);
    if (isPlain && !isAscii(bytes)) {
      isPlain = false;
      progress.sampleStart = at;
    }
    at += bytesRead;
    if (at > MAX_SCANNED_BYTES)
      throw new Error(`There is no such line in the first ${MAX_SCANNED_BYTES} bytes.`);
    const text = bytesRead === 0 ? decoder.end() : decoder.write(bytes);
    // The first piece decides. A CR at its end may belong to a CRLF.
    lineEnd ||= hasOnlyCr(text.slice(0, -1)) ? "\r" : "\n";
    const [first = "", ...others] = text.split(lineEnd);
    line = grow(line, first);
    const lines: Line[] = [];
    for (const next of others) {
      lines.push({ text: line, isEnded: true, hasCrEnd: lineEnd === "\r" });
      line = grow("", next);
    }
    yield lines;
    if (bytesRead === 0) break;
  }
  if (line !== "") yield [{ text: line, isEnded: false, hasCrEnd: false }];
}

/**
 * Keeps two units more than is shown, so that a cut is seen, and a CR at the end of a line that
 * just fits.
 */
function grow(line: string, more: string): string {
  if (line.length + more.length <= MAX_LINE_CHARS + 2) return line + more;
  // The CR of a line that is cut is kept, because it shows the line end.
  const end = more.endsWith("\r") ? "\r" : "";
  return (line + more).slice(0, MAX_LINE_CHARS + 1) + end;
}

function cutLine(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.length > MAX_LINE_CHARS ? `${wholeHead(text, MAX_LINE_CHARS)} [line cut]` : text;
}
