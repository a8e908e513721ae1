import { readFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { text as readText } from "node:stream/consumers";
import type { MessageBlock } from "@mini-openclaw/protocol";
import { mediaTypeOf } from "@mini-openclaw/protocol/shared";
import { UsageError } from "../settings/usage-error.ts";

/** A message of the command line, with the files that are images or PDFs. */
export interface GivenMessage {
  content: string;
  blocks: MessageBlock[];
}

/**
 * Joins the argument, the piped input and the files. Images and PDFs become blocks, and other files
 * must be text.
 *
 * @throws UsageError without a message, and for a file that cannot be read
 */
export async function readMessage(argument: string | undefined, files: string[] = []): Promise<GivenMessage> {
  const piped = process.stdin.isTTY ? "" : await readText(process.stdin);
  const blocks: MessageBlock[] = [];
  const texts: string[] = [];
  for (const file of files) {
    const bytes = readFile(file);
    const data = bytes.toString("base64");
    const mediaType = mediaTypeOf(data);
    const name = basename(file);
    if (mediaType === undefined) texts.push(`<file name="${name}">\n${decode(bytes, file)}\n</file>`);
    else blocks.push({ type: mediaType.startsWith("image/") ? "image" : "document", mediaType, data, name });
  }
  const parts = [argument === "-" ? undefined : argument, piped.trim(), ...texts];
  const content = parts.filter((part) => part !== undefined && part !== "").join("\n\n");
  if (content === "" && blocks.length === 0)
    throw new UsageError("There is no message. Pass a text to `mini-openclaw run`, or pipe one into it.");
  return { content, blocks };
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(
      `\`--file\` must be a file that can be read, got ${file} (${(error as Error).message}).`,
    );
  }
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(
      `\`--file\` must be UTF-8 text, an image or a PDF, got ${file}. To read it with a tool, name it in the message.`,
    );
  }
}
