/** One event of a stream, as its text has it. */
export interface StreamedEvent {
  id?: string;
  event: string;
  data: { type: string; content?: string } & Record<string, unknown>;
}

/** Reads a `text/event-stream` answer event by event; comments are skipped, and counted. */
export class EventStreamReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  comments = 0;

  constructor(response: Response) {
    if (!response.body) throw new Error("the answer has no body");
    this.#reader = response.body.getReader();
  }

  /** The next event; `undefined` when the stream has ended. */
  async next(): Promise<StreamedEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#text += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const lines = this.#text.slice(0, end).split("\n");
      this.#text = this.#text.slice(end + 2);
      if (lines[0] === ":") this.comments += 1;
      else return parseEvent(lines);
    }
  }

  /** Every event up to the first of this type, or to the stream's end. */
  async until(type?: string): Promise<StreamedEvent[]> {
    const events: StreamedEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) {
      events.push(event);
      if (event.event === type) break;
    }
    return events;
  }

  /** Goes away without a word. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

function parseEvent(lines: readonly string[]): StreamedEvent {
  const fields = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const { id, event = "", data = "" } = fields;
  return { ...(id !== undefined && { id }), event, data: JSON.parse(data) as StreamedEvent["data"] };
}

/**
 * Returns the types of frames, with adjacent pieces of one text as one. A client that is behind
 * gets such pieces joined.
 */
export function summaryOf(frames: readonly { type: string; content?: unknown }[]): string[] {
  const lines: string[] = [];
  let isText = false;
  for (const { type, content } of frames) {
    if (type !== "chunk") lines.push(type);
    else if (isText) lines.push(`${lines.pop()}${String(content)}`);
    else lines.push(`chunk ${String(content)}`);
    isText = type === "chunk";
  }
  return lines;
}
