import type { InlineBlock, Limits, MessageBlock, MessageMode, SessionStore } from "@mini-openclaw/protocol";
import { describeFile } from "@mini-openclaw/protocol";
import { checkFile } from "@mini-openclaw/protocol/shared";
import { loadSavedFiles } from "../run/message-files.ts";
import type { SubmittedMessage } from "../run/run-types.ts";
import { GatewayError } from "../shared/errors.ts";

/** A message as a client or the app wrote it. */
interface WrittenMessage {
  role?: "assistant" | undefined;
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
export async function toSubmitted(
  message: WrittenMessage,
  sessionId: string,
  { limits, store }: { limits: Limits; store: Pick<SessionStore, "loadBlob"> },
): Promise<SubmittedMessage> {
  const { content, blocks: written = [], role, requestId, mode } = message;
  const fields = {
    ...(role && { role }),
    ...(mode && { mode }),
    ...(requestId !== undefined && { requestId }),
  };
  if (written.length === 0) return { content, ...fields };
  if (role) throw invalid("`blocks` must be absent from an answer. Send its text alone.");
  checkCount(written, limits);
  const blocks = await loadSavedFiles(store, sessionId, written);
  checkFiles(blocks, limits);
  const lines = blocks.map((block) => (block.type === "text" ? block.text : describeFile(block)));
  return {
    content: [content, ...lines].filter((line) => line !== "").join("\n"),
    blocks: [...blocks, { type: "text", text: content }],
    ...fields,
  };
}

function checkCount({ length }: readonly MessageBlock[], { maxBlocks }: Limits): void {
  if (length <= maxBlocks) return;
  throw invalid(`\`blocks\` must have at most ${maxBlocks} items, got ${length}. Send several messages.`);
}

function checkFiles(blocks: readonly InlineBlock[], { maxBlockBytes: maxBytes, mediaTypes }: Limits): void {
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
