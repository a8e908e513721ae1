import type { NumberedEvent, RecordedEvent, ServerEvent } from "@mini-openclaw/protocol";
import { toEvent } from "@mini-openclaw/protocol";
import { parseServerEvent } from "@mini-openclaw/protocol/schema";
import type { FileSystem } from "../files/file-system.ts";
import { scanBackward, scanForward } from "../files/line-scan.ts";
import { openIfThere, withFile } from "../files/regular-file.ts";
import type { SessionPaths } from "../files/session-paths.ts";
import { toJson } from "../model/json.ts";
import { type OpenTranscript, readEntries } from "./transcript-reader.ts";

/** Yields the events after a number, from transcript and live journal, merged by number. */
export async function* readEventFiles(
  fs: FileSystem,
  paths: SessionPaths,
  sessionId: string,
  after: number,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const transcript = openIfThere(fs, paths.transcript);
  const journal = openIfThere(fs, paths.journal);
  try {
    yield* merge(
      transcript ? keptEvents(transcript, sessionId, after) : nothing(),
      journal ? liveEvents(journal, sessionId, after) : nothing(),
    );
  } finally {
    if (transcript) fs.close(transcript.fd);
    if (journal) fs.close(journal.fd);
  }
}

/** Returns the newest number in a live journal; 0 if there is no journal. */
export async function lastLiveSeq(fs: FileSystem, path: string): Promise<number> {
  const last = await withFile(fs, path, async (file) => {
    for await (const batch of scanBackward(fs, file.fd, { end: file.size })) {
      for (const { bytes } of batch) {
        const numbered = parseLive(bytes);
        if (numbered) return numbered.event.seq;
      }
    }
    return 0;
  });
  return last ?? 0;
}

async function* keptEvents(
  file: OpenTranscript,
  sessionId: string,
  after: number,
): AsyncGenerator<RecordedEvent> {
  for await (const entry of readEntries(file, { after })) {
    const event = toEvent(sessionId, entry);
    if (event) yield { event, json: toJson(event) };
  }
}

async function* liveEvents(
  file: OpenTranscript,
  sessionId: string,
  after: number,
): AsyncGenerator<RecordedEvent> {
  const start = await liveOffsetAfter(file, after);
  for await (const batch of scanForward(file.fs, file.fd, { start, end: file.size })) {
    for (const { bytes, terminated } of batch) {
      const numbered = terminated ? parseLive(bytes) : undefined;
      // A copied journal has the events of another session.
      if (numbered && numbered.event.seq > after && numbered.event.sessionId === sessionId) yield numbered;
    }
  }
}

async function liveOffsetAfter({ fs, fd, size }: OpenTranscript, after: number): Promise<number> {
  for await (const batch of scanBackward(fs, fd, { end: size })) {
    for (const { bytes, end } of batch) {
      const numbered = parseLive(bytes);
      if (numbered && numbered.event.seq <= after) return end;
    }
  }
  return 0;
}

/** Parses a line of the journal, which is a frame. Returns `undefined` for a damaged line. */
function parseLive(bytes: Uint8Array): RecordedEvent | undefined {
  const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  const frame = parseServerEvent(json);
  return frame.ok && isNumbered(frame.value) ? { event: frame.value, json } : undefined;
}

function isNumbered(event: ServerEvent): event is NumberedEvent {
  return "seq" in event;
}

/** Merges two ascending streams. */
async function* merge(
  left: AsyncGenerator<RecordedEvent>,
  right: AsyncGenerator<RecordedEvent>,
): AsyncGenerator<RecordedEvent> {
  try {
    let one = await left.next();
    let other = await right.next();
    while (!one.done || !other.done) {
      if (!one.done && (other.done || one.value.event.seq <= other.value.event.seq)) {
        yield one.value;
        one = await left.next();
      } else if (!other.done) {
        yield other.value;
        other = await right.next();
      }
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
}

async function* nothing(): AsyncGenerator<RecordedEvent> {}
