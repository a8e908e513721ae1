import type {
  ChunkEvent,
  NumberedEvent,
  RecordedEvent,
  ThinkingEvent,
  ToolInputEvent,
} from "@mini-openclaw/protocol";

// A sixteenth of a full outbox, so that about one outbox waits for a slow client.
const MAX_JOINED_CHARS = 65_536;

/** A recorded piece of the model's text or thinking, or of a tool call's input. */
interface Piece extends RecordedEvent {
  readonly event: NumberedEvent & (ChunkEvent | ThinkingEvent | ToolInputEvent);
}

/**
 * Joins pieces of text that follow one another in one message, so that a client that is behind gets
 * few frames. The joined piece has the number of its last piece. Its `firstSeq` is the number of
 * its first one.
 */
export async function* joinChunks(events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent> {
  let pieces: Piece[] = [];
  let chars = 0;
  for await (const recorded of events) {
    const piece = isPiece(recorded) ? recorded : undefined;
    const length = piece?.event.content.length ?? 0;
    if (pieces[0] && !(piece && isSameText(pieces[0], piece) && chars + length <= MAX_JOINED_CHARS)) {
      yield join(pieces[0], pieces);
      pieces = [];
      chars = 0;
    }
    if (piece) pieces.push(piece);
    else yield recorded;
    chars += length;
  }
  if (pieces[0]) yield join(pieces[0], pieces);
}

function isPiece(recorded: RecordedEvent): recorded is Piece {
  const { type } = recorded.event;
  return type === "chunk" || type === "thinking" || type === "tool_input";
}

function isSameText({ event: one }: Piece, { event: other }: Piece): boolean {
  const isSameCall =
    one.type !== "tool_input" || (other.type === "tool_input" && one.callId === other.callId);
  return one.type === other.type && one.messageId === other.messageId && isSameCall;
}

function join(first: Piece, pieces: readonly Piece[]): RecordedEvent {
  const last = pieces.at(-1);
  if (!last || last === first) return first;
  const content = pieces.map(({ event }) => event.content).join("");
  const event = { ...first.event, seq: last.event.seq, content, firstSeq: first.event.seq };
  return { event, json: JSON.stringify(event) };
}
