import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { text as readText } from "node:stream/consumers";
import { defaultLimits, type MessageBlock } from "@mini-openclaw/protocol";
import { mediaTypeOf } from "@mini-openclaw/protocol/shared";
import { UsageError } from "../settings/usage-error.ts";
import { warn } from "./load.ts";

const MAX_BYTES = defaultLimits.maxBlockBytes;
// Longer than most programs take to write. A user who sees nothing looks for a reason by then.
const INPUT_MS = 3000;

/** A message of the command line, with the files that are images or PDFs. */
export interface GivenMessage {
  content: string;
  blocks: MessageBlock[];
}

/**
 * Joins the argument, the piped input and the files.
 *
 * @throws UsageError without a message, and for a file that cannot be read
 */
export async function readMessage(argument: string | undefined, files: string[] = []): Promise<GivenMessage> {
  const piped = process.stdin.isTTY ? "" : await readInput();
  const given = files.map((file) => readMessageFile(file, "--file"));
  const blocks = given.flatMap((file) => file.blocks);
  const content = joinTexts([
    argument === "-" ? "" : (argument ?? ""),
    piped.trim(),
    ...given.map((file) => file.content),
  ]);
  if (content === "" && blocks.length === 0)
    throw new UsageError("There is no message. Pass a text to `mini-openclaw run`, or pipe one into it.");
  return { content, blocks };
}

/** Reads the piped input. Prints what it waits for, because programs often leave the pipe open. */
async function readInput(): Promise<string> {
  const timer = setTimeout(() => {
    warn(
      "Waiting for the end of the standard input. Without one, start with: mini-openclaw run … </dev/null",
    );
  }, INPUT_MS);
  try {
    return await readText(process.stdin);
  } finally {
    clearTimeout(timer);
  }
}

/** Joins the texts that are not empty. */
export function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

/**
 * Reads a file for a message. An image or a PDF becomes a block, and another file must be text.
 * `field` names its option in errors.
 *
 * @throws UsageError for a file that cannot be read, or that a message cannot have
 */
export function readMessageFile(file: string, field: string): GivenMessage {
  const bytes = readFile(file, field);
  const data = bytes.toString("base64");
  const mediaType = mediaTypeOf(data);
  const name = basename(file);
  if (mediaType === undefined)
    return { content: `<file name="${name}">\n${decode(bytes, file, field)}\n</file>`, blocks: [] };
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return { content: "", blocks: [{ type, mediaType, data, name }] };
}

function readFile(file: string, field: string): Buffer {
  let bytes: Buffer;
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw tooLarge(file, field, size);
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `\`${field}\` must be a file that can be read, got ${file} (${(error as Error).message}).`,
    );
  }
  // A pipe has no size until its end.
  if (bytes.length > MAX_BYTES) throw tooLarge(file, field, bytes.length);
  return bytes;
}

function tooLarge(file: string, field: string, bytes: number): UsageError {
  return new UsageError(
    `\`${field}\` must have at most ${MAX_BYTES} bytes, got ${bytes}: ${file}. Send a smaller file, or name it in the message.`,
  );
}

function decode(bytes: Buffer, file: string, field: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(
      `\`${field}\` must be UTF-8 text, an image or a PDF, got ${file}. To read it with a tool, name it in the message.`,
    );
  }
}
