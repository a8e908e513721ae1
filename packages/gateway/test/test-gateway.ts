import { EventEmitter, once } from "node:events";
import type {
  AgentInput,
  AgentRunner,
  ClientEvent,
  RunEvent,
  ServerEvent,
  SessionSummaryEvent,
} from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { parseServerEvent } from "@mini-openclaw/protocol/schema";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { WebSocket } from "ws";
import { type GatewayOptions, GatewayServer, type ListenOptions, type WebSocketLike } from "../src/index.ts";

interface TestOptions extends Partial<GatewayOptions> {
  listen?: ListenOptions;
  /** Leaves failures to the gateway's log. */
  logsFailures?: boolean;
}

/** A gateway on a free port over a memory store, with what it complained of. */
export async function testGateway(options: TestOptions = {}) {
  const { listen, logsFailures = false, ...rest } = options;
  const store = options.store ?? createMemoryStore();
  const failures: string[] = [];
  const keepFailure = (error: unknown, during: string) => {
    failures.push(`${during}: ${error instanceof Error ? error.message : String(error)}`);
  };
  const gateway = new GatewayServer({
    store,
    agent: echoAgent,
    ...(!logsFailures && { onFailure: keepFailure }),
    ...rest,
  });
  const { port } = await gateway.listen({ port: 0, ...listen });
  const address = `127.0.0.1:${port}`;
  return {
    gateway,
    store,
    failures,
    address,
    connect: (headers: Record<string, string> = {}) => connectClient(`ws://${address}/`, headers),
    get: (path: string, init?: RequestInit) => fetch(`http://${address}${path}`, init),
    async [Symbol.asyncDispose]() {
      await gateway.close({ drainMs: 0 });
      await store.close();
    },
  };
}

const ROUND_TRIP = "round trip";

/** The frames that came from a gateway, each checked against the protocol. */
class Received extends EventEmitter {
  /** All frames except `session_summary`, which comes at any time. */
  readonly frames: ServerEvent[] = [];
  readonly activity: SessionSummaryEvent[] = [];
  roundTrips = 0;
  sessionId = "";

  take(text: string): void {
    const parsed = parseServerEvent(text);
    if (!parsed.ok) throw new Error(`${parsed.message}: ${text}`);
    if ("replyTo" in parsed.value && parsed.value.replyTo === ROUND_TRIP) this.roundTrips += 1;
    else if (parsed.value.type === "session_summary") this.activity.push(parsed.value);
    else this.frames.push(parsed.value);
    if (parsed.value.type === "connected") this.sessionId = parsed.value.sessionId;
    this.emit("frame");
    // An EventEmitter would throw an "error" that nobody listens to.
    if (parsed.value.type !== "error") this.emit(parsed.value.type);
  }

  /** Resolves with the `count`th frame of the type, be it here already or yet to come. */
  async next<Type extends ServerEvent["type"]>(type: Type, count = 1) {
    for (;;) {
      const found = this.frames.filter((frame) => frame.type === type)[count - 1];
      if (found) return found as Extract<ServerEvent, { type: Type }>;
      await once(this, "frame");
    }
  }

  /** Resolves with the next frame to come. */
  async anyFrame(): Promise<void> {
    await once(this, "frame");
  }

  types(): string[] {
    return this.frames.map(({ type }) => type);
  }
}

export class TestClient extends Received {
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.socket = socket;
    socket.on("message", (bytes: Buffer) => this.take(bytes.toString()));
  }

  send(event: ClientEvent | string): void {
    this.socket.send(typeof event === "string" ? event : JSON.stringify(event));
  }

  /**
   * Resolves when every frame sent before was answered, except a `list` or `search`. A ping would
   * not wait for them.
   */
  async roundTrip(): Promise<void> {
    const before = this.roundTrips;
    this.send({ type: "approvals", id: ROUND_TRIP });
    while (this.roundTrips === before) await this.anyFrame();
  }

  async close(): Promise<number> {
    if (this.socket.readyState === WebSocket.CLOSED) return 1005;
    this.socket.close();
    const [code] = await once(this.socket, "close");
    return code as number;
  }
}

/** A socket in memory whose client reads nothing until the test starts it. */
export class MemorySocket extends Received implements WebSocketLike {
  #unread: string[] | undefined = [];
  readonly #target = new EventTarget();

  get bufferedAmount(): number {
    return (this.#unread ?? []).reduce((sum, text) => sum + text.length, 0);
  }

  send(text: string): void {
    if (this.#unread) this.#unread.push(text);
    else this.take(text);
  }

  /** Sends an event from the client to the gateway. */
  receive(event: ClientEvent): void {
    this.#target.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(event) }));
  }

  startReading(): void {
    const unread = this.#unread ?? [];
    this.#unread = undefined;
    for (const text of unread) this.take(text);
  }

  close(): void {
    this.#target.dispatchEvent(new Event("close"));
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#target.addEventListener(type, listener as (event: Event) => void);
  }
}

async function connectClient(url: string, headers: Record<string, string>): Promise<TestClient> {
  const client = new TestClient(new WebSocket(url, { headers }));
  await client.next("connected");
  return client;
}

/** Resolves with the HTTP status and body of a refused upgrade. */
export function refusal(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers });
    socket.on("open", () => reject(new Error("the upgrade was let in")));
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve([response.statusCode ?? 0, body]));
    });
    socket.on("error", () => undefined);
  });
}

/** A promise, and what resolves it. */
export function gate(): [opened: Promise<void>, open: () => void] {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

/** Answers with the last user message, in two chunks. */
export const echoAgent: AgentRunner = {
  async *run({ runId, messages }) {
    const text = messages.at(-1)?.content ?? "";
    const half = Math.ceil(text.length / 2);
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "chunk", runId, messageId: `${runId}-1`, content: text.slice(0, half) };
    yield { type: "chunk", runId, messageId: `${runId}-1`, content: text.slice(half) };
    yield { type: "assistant_message", runId, id: `${runId}-1`, content: text, timestamp: 2 };
    yield { type: "message_done", runId, content: text };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 3 };
  },
};

/** An agent whose runs wait, after their first chunk, until the test lets them go. */
export function heldAgent() {
  const started: AgentInput[] = [];
  const changed = new EventEmitter();
  let released = 0;
  const agent: AgentRunner = {
    async *run(input: AgentInput): AsyncGenerator<RunEvent> {
      const { runId, signal } = input;
      const turn = started.push(input);
      changed.emit("change");
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "chunk", runId, messageId: `${runId}-1`, content: "thinking…" };
      while (released < turn) await once(changed, "change", { signal });
      for await (const event of echoAgent.run(input)) if (event.type !== "run_start") yield event;
    },
  };
  return {
    agent,
    /** Resolves when `count` runs have begun. */
    started: async (count: number): Promise<AgentInput[]> => {
      while (started.length < count) await once(changed, "change");
      return started;
    },
    release: () => {
      released += 1;
      changed.emit("change");
    },
  };
}
