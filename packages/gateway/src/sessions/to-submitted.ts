import { describeFile, type Limits, type MessageBlock, type MessageMode } from "@mini-openclaw/protocol";
import { checkFile } from "@mini-openclaw/protocol/shared";
import type { SubmittedMessage } from "../run/run-types.ts";
import { GatewayError } from "../shared/errors.ts";

/** A message as a client or the app wrote it. */
interface WrittenMessage {
  content: string;
  blocks?: readonly MessageBlock[];
  requestId?: string | undefined;
  mode?: MessageMode | undefined;
}

/**
 * Checks the files of a message, and returns the message as the session has it. Its `content`
 * describes the files for clients that do not show them. Its `blocks` end with the text.
 *
 * @throws GatewayError `INVALID_FRAME` that names the field and the limit
 */
export function toSubmitted(message: WrittenMessage, limits: Limits): SubmittedMessage {
  const { content, blocks = [], requestId, mode } = message;
  const fields = { ...(mode && { mode }), ...(requestId !== undefined && { requestId }) };
  if (blocks.length === 0) return { content, ...fields };
  checkBlocks(blocks, limits);
  const lines = blocks.map((block) => (block.type === "text" ? block.text : describeFile(block)));
  return {
    content: [content, ...lines].filter((line) => line !== "").join("\n"),
    blocks: [...blocks, { type: "text", text: content }],
    ...fields,
  };
}

function checkBlocks(
  blocks: readonly MessageBlock[],
  { maxBlocks, maxBlockBytes: maxBytes, mediaTypes }: Limits,
): void {
  if (blocks.length > maxBlocks) {
    throw invalid(
      `\`blocks\` must have at most ${maxBlocks} items, got ${blocks.length}. Send several messages.`,
    );
  }
  for (const [index, block] of blocks.entries()) {
    if (block.type === "text") continue;
    const field = `blocks[${index}]`;
    const problem = checkFile(block, { field, maxBytes, mediaTypes });
    if (problem !== undefined) throw invalid(problem);
    if (block.mediaType === "text/plain") checkText(block.data, field);
  }
}

function checkText(data: string, field: string): void {
  const bytes = Buffer.from(data, "base64");
  try {
    if (!bytes.includes(0)) return void new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // The error below names the field.
  }
  throw invalid(`\`${field}.data\` must be UTF-8 without NUL for text/plain. Convert the file to UTF-8.`);
}

function invalid(message: string): GatewayError {
  return new GatewayError("INVALID_FRAME", message);
}
