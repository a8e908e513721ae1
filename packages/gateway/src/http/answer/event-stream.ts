import type { ServerResponse } from "node:http";
import type { RecordedEvent, ServerEvent, SessionMeta } from "@mini-openclaw/protocol";
import type { SessionRuns } from "../../cluster/session-runs.ts";
import { drained, isFull, type Outbox } from "../../socket/outbox.ts";
import { SessionWatch, type Viewer, type WatchDeps } from "../../watch/session-watch.ts";

/** Which events of a session a stream shows. */
export interface StreamRange {
  sessionId: string;
  /** Only those after this number. @default only those to come */
  after?: number;
  /** Only those of this run; the stream ends with it. */
  runId?: string;
}

export interface StreamDeps extends WatchDeps {
  /** Aborted when the client has gone. */
  gone: AbortSignal;
  heartbeatMs: number;
}

/** The epoch of a session's numbers, which a stream's event ids carry. */
export function epochOf({ queues }: { queues: Pick<SessionRuns, "epochOf"> }, session: SessionMeta): string {
  return queues.epochOf(session.sessionId) ?? session.epoch;
}

/**
 * One client's stream of events (`text/event-stream`, HTML Standard § 9.2): `id` is the epoch and
 * the event's `seq`, `event` its type, `data` the JSON of the frame that sockets get. A slow reader
 * becomes a reader of the log, as on a socket.
 */
export class EventStream implements Outbox, Viewer {
  readonly #response: ServerResponse;
  readonly #epoch: string;
  readonly #deps: StreamDeps;
  readonly #heartbeat: NodeJS.Timeout;
  #watching: SessionWatch | undefined;
  /** The run that is shown; absent: all. */
  #runId: string | undefined;

  /** `epoch` is the epoch of the session's numbers. */
  constructor(response: ServerResponse, deps: StreamDeps, epoch: string) {
    this.#response = response;
    this.#epoch = epoch;
    this.#deps = deps;
    response.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      "X-Content-Type-Options": "nosniff",
      // Proxies such as nginx would keep events back until they have a few kilobytes.
      "X-Accel-Buffering": "no",
    });
    response.flushHeaders();
    this.#heartbeat = setInterval(() => this.#beat(), deps.heartbeatMs);
    deps.gone.addEventListener("abort", () => this.#stop());
    if (deps.gone.aborted) this.#stop();
  }

  get bufferedAmount(): number {
    return this.#response.writableLength;
  }

  get isClosed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed || this.#deps.gone.aborted;
  }

  get isFull(): boolean {
    return isFull(this);
  }

  get watchDeps(): WatchDeps {
    return this.#deps;
  }

  drained(): Promise<void> {
    return drained(this);
  }

  show({ event, json }: RecordedEvent): void {
    if (this.#runId !== undefined && !("runId" in event && event.runId === this.#runId)) return;
    this.#send(`id: ${this.#epoch}:${event.seq}\nevent: ${event.type}\ndata: ${json}\n\n`);
    if (this.#runId !== undefined && event.type === "run_end") this.end();
  }

  /** Sends an event that has no number. */
  notify(event: ServerEvent): void {
    this.#send(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Ends the stream, so that the client asks again, and learns that there is no such session. */
  showDeleted(sessionId: string): void {
    this.notify({ type: "session_deleted", sessionId });
    this.end();
  }

  /** Streams a session's events from a position on. */
  watch({ sessionId, after, runId }: StreamRange): void {
    this.#runId = runId;
    // The client may have gone meanwhile.
    if (this.isClosed) return;
    this.#watching = new SessionWatch(sessionId, this, after);
  }

  end(): void {
    this.#stop();
    this.#response.end();
  }

  /** Cuts the stream off, so that the client connects again. */
  requireResume(): void {
    this.#stop();
    this.#response.destroy();
  }

  #send(text: string): void {
    if (!this.isClosed) this.#response.write(text);
  }

  #beat(): void {
    // A comment, which readers skip: proxies end what is idle, and a dead client's socket ends when
    // nobody takes it.
    if (!this.isFull) this.#send(":\n\n");
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#watching?.close();
  }
}
