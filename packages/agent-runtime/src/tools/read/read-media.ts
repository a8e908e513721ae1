import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { MAX_FILE_BYTES, mediaTypeOf } from "@mini-openclaw/protocol/shared";
import type { ToolResult } from "../../tool-calls/define-tool.ts";

/** Bytes in which a file names its type. */
const HEAD_BYTES = 18;

/**
 * Returns an image or a PDF as a file that the model sees, or `undefined` for any other file. The
 * first bytes decide, because a name may be wrong.
 *
 * @throws an error for a file that is too large
 */
export async function readMedia(file: FileHandle, path: string): Promise<ToolResult | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const mediaType = mediaTypeOf(buffer.subarray(0, bytesRead).toString("base64"));
  if (mediaType === undefined) return undefined;
  const { size } = await file.stat();
  if (size > MAX_FILE_BYTES) {
    const shrink = mediaType === "application/pdf" ? "Extract the pages that you need" : "Shrink the image";
    throw new Error(
      `\`file_path\` must have at most ${MAX_FILE_BYTES} bytes to be shown as ${mediaType}, got ${size}. ${shrink} with a command first.`,
    );
  }
  const bytes = Buffer.alloc(size);
  const read = await file.read(bytes, 0, size, 0);
  const data = bytes.subarray(0, read.bytesRead).toString("base64");
  const type = mediaType === "application/pdf" ? "document" : "image";
  return { success: true, output: "", files: [{ type, mediaType, data, name: basename(path) }] };
}

/** Returns the cells of a notebook as text, or `undefined` for any other file. */
export async function readNotebook(file: FileHandle, path: string): Promise<string | undefined> {
  if (!/\.ipynb$/i.test(path)) return undefined;
  const { size } = await file.stat();
  if (size > MAX_NOTEBOOK_BYTES) return undefined;
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  const text = notebookText(bytes.toString("utf8"));
  return text === undefined ? undefined : `[shown as cells; edit_file edits its JSON]\n${text}`;
}

/** A notebook with more bytes is read as the JSON that it is. */
const MAX_NOTEBOOK_BYTES = 10_485_760;

/** An output of a cell beyond this many UTF-16 units is cut. */
const MAX_CELL_OUTPUT_CHARS = 4000;

/**
 * Returns a Jupyter notebook as text: its cells with their outputs. Returns `undefined` for text
 * that is no notebook. Source: the nbformat 4 and 3 schemas.
 */
function notebookText(json: string): string | undefined {
  let notebook: unknown;
  try {
    notebook = JSON.parse(json);
  } catch {
    return undefined;
  }
  const cells = cellsOf(notebook);
  if (!cells) return undefined;
  return cells.map((cell, index) => cellText(cell, index + 1)).join("\n");
}

/** Version 3 has its cells in worksheets. */
function cellsOf(notebook: unknown): unknown[] | undefined {
  if (!isRecord(notebook)) return undefined;
  if (Array.isArray(notebook["cells"])) return notebook["cells"];
  const worksheets = notebook["worksheets"];
  if (!Array.isArray(worksheets)) return undefined;
  return worksheets.flatMap((sheet: unknown) => (isRecord(sheet) ? (cellsOf(sheet) ?? []) : []));
}

function cellText(cell: unknown, number: number): string {
  const { cell_type: type, source, input, outputs } = isRecord(cell) ? cell : {};
  const head = `# --- cell ${number}: ${typeof type === "string" ? type : "unknown"} ---`;
  const results = Array.isArray(outputs) ? outputs.map(outputText).filter((text) => text !== "") : [];
  const output = results.length > 0 ? [`# --- output of cell ${number} ---`, ...results] : [];
  return [head, joined(source ?? input), ...output].join("\n");
}

function outputText(output: unknown): string {
  if (!isRecord(output)) return "";
  const { text, data, ename, evalue } = output;
  if (ename !== undefined) return `${joined(ename)}: ${joined(evalue)}`;
  if (text !== undefined) return cut(joined(text));
  if (!isRecord(data)) return "";
  const others = Object.keys(data).filter((type) => type !== "text/plain");
  const plain = data["text/plain"] === undefined ? [] : [cut(joined(data["text/plain"]))];
  return [...plain, ...others.map((type) => `[${type}]`)].join("\n");
}

/** A text of a notebook is a string, or its lines. */
function joined(text: unknown): string {
  if (Array.isArray(text)) return text.map(joined).join("");
  return typeof text === "string" ? text : "";
}

function cut(text: string): string {
  return text.length > MAX_CELL_OUTPUT_CHARS ? `${text.slice(0, MAX_CELL_OUTPUT_CHARS)} [output cut]` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
