import type { ServerResponse } from "node:http";
import type { Numbered, ServerEvent } from "@mini-openclaw/protocol";
import { Outbox, type Sink } from "../outbox.ts";
import { SessionWatch, type WatchParts } from "../session-watch.ts";
import type { Watcher } from "../watchers.ts";
import type { EarlyRun } from "./early-events.ts";

/** Which events of a session a stream shows. */
export interface StreamRange {
  sessionId: string;
  /** Only those after this number. @default only those to come */
  after?: number;
  /** Those that come first. */
  first?: EarlyRun;
  /** Only those of this run; the stream ends with it. */
  runId?: string;
}

/**
 * One client's stream of events (`text/event-stream`, HTML Standard § 9.2): `id` is the event's `seq`, `event` its type,
 * `data` the JSON of the frame that sockets get. A slow reader becomes a reader of the log, as on a socket.
 */
export class EventStream implements Sink {
  readonly #response: ServerResponse;
  readonly #outbox = new Outbox(this);
  readonly #parts: WatchParts;
  readonly #heartbeat: NodeJS.Timeout;
  #watching: SessionWatch | undefined;
  /** The text that is the last to be sent. */
  #lastText: string | undefined;

  constructor(response: ServerResponse, parts: WatchParts & { heartbeatMs: number }) {
    this.#response = response;
    this.#parts = parts;
    response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      "X-Content-Type-Options": "nosniff",
      // Proxies such as nginx would keep events back until they have a few kilobytes.
      "X-Accel-Buffering": "no",
    });
    response.flushHeaders();
    this.#heartbeat = setInterval(() => this.#beat(), parts.heartbeatMs);
    response.on("close", () => this.#close());
  }

  get bufferedAmount(): number {
    return this.#response.writableLength;
  }

  send(text: string): void {
    this.#response.write(text);
    if (text === this.#lastText) this.#response.end();
  }

  /** Sends an event that has no number. */
  tell(event: ServerEvent): void {
    this.#outbox.send(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Shows a session's events from a place on. */
  watch({ sessionId, after, runId, first }: StreamRange): void {
    for (const recorded of first?.events ?? []) this.#outbox.send(this.#toStreamed(recorded, runId).json);
    const from = first?.isCut ? first.events.at(-1)?.event.seq : after;
    this.#watching = new SessionWatch(sessionId, this.#outbox, this.#streamedParts(runId), from);
    // It may have gone while its place was looked for.
    if (this.#response.closed) this.#watching.close();
  }

  end(): void {
    this.#response.end();
  }

  /** The gateway's events, as the texts of this stream. */
  #streamedParts(runId: string | undefined): WatchParts {
    const { watchers, readEvents, onFailure, onSlow } = this.#parts;
    const isShown = ({ event }: Numbered) =>
      runId === undefined || ("runId" in event && event.runId === runId);
    const toStreamed = (recorded: Numbered) => this.#toStreamed(recorded, runId);
    let shown: Watcher | undefined;
    return {
      onFailure,
      onSlow,
      watchers: {
        add(sessionId, watcher) {
          shown = {
            take(recorded) {
              if (isShown(recorded)) watcher.take(toStreamed(recorded));
            },
          };
          watchers.add(sessionId, shown);
        },
        remove(sessionId) {
          if (shown) watchers.remove(sessionId, shown);
        },
      },
      async *readEvents(sessionId, range) {
        for await (const recorded of readEvents(sessionId, range)) {
          if (isShown(recorded)) yield toStreamed(recorded);
        }
      },
    };
  }

  #toStreamed({ event, json }: Numbered, runId: string | undefined): Numbered {
    const text = `id: ${event.seq}\nevent: ${event.type}\ndata: ${json}\n\n`;
    if (runId !== undefined && event.type === "run_end") this.#lastText = text;
    return { event, json: text };
  }

  #beat(): void {
    // A comment, which readers skip: proxies end what is idle, and a dead client's socket ends when nobody takes it.
    if (!this.#outbox.isFull) this.#response.write(":\n\n");
  }

  #close(): void {
    clearInterval(this.#heartbeat);
    this.#outbox.close();
    this.#watching?.close();
  }
}
