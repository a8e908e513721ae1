import type {
  ContentBlock,
  FileBlock,
  InlineBlock,
  MessageBlock,
  MessageEntry,
  SessionEvent,
  SessionLog,
  SessionStore,
} from "@mini-openclaw/protocol";
import { fileBytes, isFile } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "../shared/errors.ts";

// 6 KiB in base64: icons stay in their line, and a line stays readable.
const MAX_INLINE_CHARS = 8192;

/** Returns true if the events have files that are too large for a line. */
export function hasLargeFiles(events: readonly SessionEvent[]): boolean {
  return events.some(
    (event) => event.type !== "chunk" && "blocks" in event && event.blocks?.some(isLarge) === true,
  );
}

/** Saves the large files of events as blobs, and returns the events with the ids of the blobs. */
export async function saveFiles(
  saveBlob: SaveBlob,
  events: readonly SessionEvent[],
): Promise<SessionEvent[]> {
  const saved: SessionEvent[] = [];
  for (const event of events) {
    if (!("blocks" in event) || !event.blocks?.some(isLarge)) {
      saved.push(event);
      continue;
    }
    const blocks: ContentBlock[] = [];
    for (const block of event.blocks) blocks.push(isLarge(block) ? await toBlob(block, saveBlob) : block);
    saved.push({ ...event, blocks });
  }
  return saved;
}

type SaveBlob = NonNullable<SessionLog["saveBlob"]>;

type InlineFile = FileBlock & { data: string };

function isLarge(block: ContentBlock): block is InlineFile {
  return isFile(block) && block.data !== undefined && block.data.length > MAX_INLINE_CHARS;
}

async function toBlob({ data, ...file }: InlineFile, saveBlob: SaveBlob): Promise<FileBlock> {
  const bytes = Buffer.from(data, "base64");
  return { ...file, blob: await saveBlob(bytes), bytes: bytes.length };
}

// In base64 they fill 27 MB of the 32 MB that a request to the Messages API may have.
const MAX_BYTES = 20_971_520;

// The most images that the large models' servers take in one request.
const MAX_FILES = 100;

type Store = Pick<SessionStore, "loadBlob">;

/**
 * Returns the blocks of a message with the bytes of the files that the session has already.
 *
 * @throws GatewayError `INVALID_FRAME` for a file that the session does not have
 */
export async function loadSavedFiles(
  store: Store,
  sessionId: string,
  blocks: readonly MessageBlock[],
): Promise<InlineBlock[]> {
  const loaded: InlineBlock[] = [];
  for (const [index, block] of blocks.entries()) {
    if (!("blob" in block)) {
      loaded.push(block);
      continue;
    }
    const { blob, ...file } = block;
    const bytes = await store.loadBlob?.(sessionId, blob);
    if (!bytes) {
      const problem = mustBe(`blocks[${index}].blob`, "the id of a file of the session", blob);
      throw new GatewayError("INVALID_FRAME", `${problem} Send the file itself in \`data\`.`);
    }
    loaded.push({ ...file, data: Buffer.from(bytes).toString("base64") });
  }
  return loaded;
}

/**
 * Loads the files of messages for the agent, the newest first. Files beyond the limits and missing
 * blobs stay without `data`, and models get a line instead.
 */
export async function loadFiles(
  store: Store,
  sessionId: string,
  messages: readonly MessageEntry[],
): Promise<MessageEntry[]> {
  const room = { bytes: MAX_BYTES, files: MAX_FILES };
  const loaded: MessageEntry[] = [];
  for (const message of messages.toReversed()) {
    const { blocks } = message as { blocks?: ContentBlock[] };
    const hasFiles = blocks?.some(isFile) === true;
    loaded.push(hasFiles ? ({ ...message, blocks: await load(blocks) } as MessageEntry) : message);
  }
  return loaded.reverse();

  async function load(blocks: readonly ContentBlock[]): Promise<ContentBlock[]> {
    const result: ContentBlock[] = [];
    for (const block of blocks) result.push(await loadBlock(block));
    return result;
  }

  async function loadBlock(block: ContentBlock): Promise<ContentBlock> {
    if (!isFile(block)) return block;
    room.bytes -= fileBytes(block);
    room.files -= 1;
    const { data, ...file } = block;
    if (room.bytes < 0 || room.files < 0) return { ...file, bytes: fileBytes(block) };
    if (data !== undefined || block.blob === undefined) return block;
    const bytes = await store.loadBlob?.(sessionId, block.blob);
    return bytes ? { ...file, data: Buffer.from(bytes).toString("base64") } : block;
  }
}
