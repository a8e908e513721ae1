import type { ServerResponse } from "node:http";
import type { RecordedEvent, ServerEvent } from "@mini-openclaw/protocol";
import { Outbox, type Sink } from "../socket/outbox.ts";
import { SessionWatch, type Viewer, type WatchDeps } from "../watch/session-watch.ts";
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

interface StreamDeps extends WatchDeps {
  /** Aborted when the client has gone. */
  gone: AbortSignal;
  heartbeatMs: number;
}

/**
 * One client's stream of events (`text/event-stream`, HTML Standard § 9.2): `id` is the event's `seq`, `event` its type,
 * `data` the JSON of the frame that sockets get. A slow reader becomes a reader of the log, as on a socket.
 */
export class EventStream implements Sink, Viewer {
  readonly #response: ServerResponse;
  readonly #outbox = new Outbox(this);
  readonly #parts: StreamDeps;
  readonly #heartbeat: NodeJS.Timeout;
  #watching: SessionWatch | undefined;
  /** The run that is shown; absent: all. */
  #runId: string | undefined;

  constructor(response: ServerResponse, parts: StreamDeps) {
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
    parts.gone.addEventListener("abort", () => this.#stop());
    if (parts.gone.aborted) this.#stop();
  }

  get bufferedAmount(): number {
    return this.#response.writableLength;
  }

  send(text: string): void {
    this.#response.write(text);
  }

  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  show({ event, json }: RecordedEvent): void {
    if (this.#runId !== undefined && !("runId" in event && event.runId === this.#runId)) return;
    this.#outbox.send(`id: ${event.seq}\nevent: ${event.type}\ndata: ${json}\n\n`);
    if (this.#runId !== undefined && event.type === "run_end") this.end();
  }

  /** Sends an event that has no number. */
  tell(event: ServerEvent): void {
    this.#outbox.send(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Shows a session's events from a place on. */
  watch({ sessionId, after, runId, first }: StreamRange): void {
    this.#runId = runId;
    for (const recorded of first?.events ?? []) this.show(recorded);
    const from = first?.isCut ? first.events.at(-1)?.event.seq : after;
    // It may have gone while its place was looked for, or its run be over.
    if (this.#response.writableEnded || this.#parts.gone.aborted) return;
    this.#watching = new SessionWatch(sessionId, this, this.#parts, from);
  }

  end(): void {
    this.#stop();
    this.#response.end();
  }

  /** Cuts the stream off, so that nobody takes it for whole. */
  requireResume(): void {
    this.#stop();
    this.#response.destroy();
  }

  #beat(): void {
    // A comment, which readers skip: proxies end what is idle, and a dead client's socket ends when nobody takes it.
    if (!this.isFull) this.#outbox.send(":\n\n");
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#outbox.close();
    this.#watching?.close();
  }
}
