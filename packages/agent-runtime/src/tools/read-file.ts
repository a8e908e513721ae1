import type { FileHandle } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { openFile } from "../files/workspace-file.ts";
import { wholeHead } from "../shared/cut-text.ts";
import { defineTool, type ToolDefinition } from "../tool-calls/define-tool.ts";

/** The tutorial's number. */
const DEFAULT_LIMIT = 2000;
/** A longer line is cut. Chosen, as other agents do: minified files are no text to read. */
const MAX_LINE_CHARS = 2000;
/** What one call may return, in UTF-16 units. Chosen to stay under the agent's `maxToolOutputChars`. */
const MAX_OUTPUT_CHARS = 40_000;
/** Bytes of a file that are looked through for lines. Chosen: 256 MiB take about a second. */
const MAX_SCANNED_BYTES = 268_435_456;

/** The tool `read_file`: shows lines of a text file with their numbers. */
export function createReadFileTool(workspaceDir: string): ToolDefinition {
  return defineTool<{ file_path: string; offset?: number; limit?: number }>({
    name: "read_file",
    description:
      "Read a text file of the workspace. Returns its lines with their numbers, as `cat -n` does. " +
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
    async execute({ file_path, offset = 1, limit = DEFAULT_LIMIT }, { signal }) {
      const file = await openFile(workspaceDir, file_path, "read");
      try {
        const output = await showLines(file, { offset, limit, signal });
        return output === undefined
          ? { success: false, output: "", error: `${file_path} is not a text file.` }
          : { success: true, output };
      } finally {
        await file.close();
      }
    },
  });
}

interface Span {
  offset: number;
  limit: number;
  signal: AbortSignal;
}

async function showLines(file: FileHandle, { offset, limit, signal }: Span): Promise<string | undefined> {
  let output = "";
  let number = 0;
  for await (const line of linesOf(file, signal)) {
    if (line.includes("\0")) return undefined;
    number += 1;
    if (number < offset) continue;
    if (number >= offset + limit || output.length > MAX_OUTPUT_CHARS) {
      return `${output}[the file goes on; read it from offset ${number}]`;
    }
    output += `${String(number).padStart(6)}\t${line}\n`;
  }
  if (output !== "") return output;
  return number === 0 ? "(the file is empty)" : `(the file has only ${number} lines)`;
}

/** The lines of a file, the long ones cut, in bounded memory whatever the file holds. */
async function* linesOf(file: FileHandle, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  const piece = Buffer.alloc(65_536);
  let scanned = 0;
  let line = "";
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(piece, 0, piece.length, null);
    if (bytesRead === 0) break;
    scanned += bytesRead;
    if (scanned > MAX_SCANNED_BYTES) throw new Error(`no such line in the first ${MAX_SCANNED_BYTES} bytes.`);
    const [first = "", ...others] = decoder.write(piece.subarray(0, bytesRead)).split("\n");
    line = grow(line, first);
    for (const next of others) {
      yield cutLine(line);
      line = grow("", next);
    }
  }
  if (line !== "") yield cutLine(line);
}

/** Keeps one unit more than is shown, so that a cut is seen. */
function grow(line: string, more: string): string {
  return line.length > MAX_LINE_CHARS ? line : (line + more).slice(0, MAX_LINE_CHARS + 1);
}

function cutLine(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.length > MAX_LINE_CHARS ? `${wholeHead(text, MAX_LINE_CHARS)} [line cut]` : text;
}
