import { once } from "node:events";
import { WebSocket } from "ws";

/** The events of the tutorial's server. Its clients know no others. */
export type SeedEvent =
  | { type: "connected"; sessionId: string }
  | { type: "chunk"; sessionId: string; content: string }
  | { type: "message_done"; sessionId: string; content: string }
  | { type: "tool_start"; sessionId: string; toolName: string }
  | { type: "tool_done"; sessionId: string; toolName: string; output: string }
  | { type: "error"; message: string; code?: string }
  | { type: "pong" };

const known = new Set(["connected", "chunk", "message_done", "tool_start", "tool_done", "error", "pong"]);

/** A client written from the tutorial alone, with `ws` and the nine event types. */
export class SeedClient {
  readonly socket: WebSocket;
  readonly events: SeedEvent[] = [];
  #read = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("message", (text: Buffer) => {
      const event = JSON.parse(text.toString()) as SeedEvent;
      if (!known.has(event.type)) return;
      this.events.push(event);
      this.socket.emit("seed-event");
    });
  }

  /** Returns the next unread event. */
  async next(): Promise<SeedEvent> {
    for (;;) {
      const event = this.events[this.#read];
      if (event) {
        this.#read += 1;
        return event;
      }
      await once(this.socket, "seed-event");
    }
  }

  /** Reads up to an event of the type and returns it. */
  async until<Type extends SeedEvent["type"]>(type: Type): Promise<Extract<SeedEvent, { type: Type }>> {
    for (;;) {
      const event = await this.next();
      if (event.type === type) return event as Extract<SeedEvent, { type: Type }>;
    }
  }

  send(frame: object | string): void {
    this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** Sends a message and reads its run: everything up to `message_done`. */
  async ask(content: string): Promise<SeedEvent[]> {
    const from = this.#read;
    this.send({ type: "message", content });
    await this.until("message_done");
    return this.events.slice(from, this.#read);
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.close();
    await once(this.socket, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export async function connectSeedClient(url: string): Promise<SeedClient & { sessionId: string }> {
  const client = new SeedClient(url);
  const { sessionId } = await client.until("connected");
  return Object.assign(client, { sessionId });
}

/** Returns the text of a run from its chunks. */
export function chunksOf(events: readonly SeedEvent[]): string {
  return events.map((event) => (event.type === "chunk" ? event.content : "")).join("");
}
