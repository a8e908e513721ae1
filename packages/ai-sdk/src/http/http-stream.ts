import type { FormConnection } from "@mini-openclaw/gateway";
import type { StreamClient } from "../chats/stream-run.ts";
import type { UiChunk } from "../shared/ui-chunk.ts";
import type { SessionFileUrl } from "../shared/user-parts.ts";

// Proxies end connections on which nothing comes for about a minute.
const HEARTBEAT_MS = 30_000;

const headers = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-cache, no-transform",
  // Proxies such as nginx would keep events back until they have a few kilobytes.
  "X-Accel-Buffering": "no",
  "X-Vercel-AI-UI-Message-Stream": "v1",
};

/** The stream that answers one request over HTTP, as server-sent events. */
export class HttpStream implements StreamClient {
  readonly fileUrl: SessionFileUrl;
  readonly #connection: FormConnection;
  readonly #over = new AbortController();
  #hasBegun = false;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(connection: FormConnection, fileUrl: SessionFileUrl) {
    this.fileUrl = fileUrl;
    this.#connection = connection;
    const { closed } = connection;
    closed.addEventListener("abort", () => this.#stop());
    if (closed.aborted) this.#stop();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** True if an error must be a chunk, because the answer has a status already. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): boolean {
    if (!this.#connection.begin(headers)) {
      this.#stop();
      return false;
    }
    this.#hasBegun = true;
    this.#heartbeat = setInterval(() => this.#connection.send(": \n\n"), HEARTBEAT_MS);
    return true;
  }

  emit(chunk: UiChunk): void {
    if (!this.#over.signal.aborted) this.#connection.send(`data: ${JSON.stringify(chunk)}\n\n`);
  }

  end(): void {
    if (this.#over.signal.aborted) return;
    this.#connection.send("data: [DONE]\n\n");
    this.#stop();
    this.#connection.end();
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#over.abort();
  }
}
