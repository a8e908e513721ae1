import { once } from "node:events";
import { type GatewayOptions, GatewayServer, type ListenOptions, textAgent } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { WebSocket } from "ws";
import { type OpenClawOptions, openClawDialect } from "../src/index.ts";
import { checkEvent, checkResult, checkSchema } from "./openclaw-schema.ts";

interface TestOptions extends Partial<GatewayOptions> {
  listen?: ListenOptions;
  openClaw?: OpenClawOptions;
}

/** A gateway on a free port over a memory store, for clients of OpenClaw at `/`. */
export async function testGateway({ listen, openClaw, ...options }: TestOptions = {}) {
  const store = options.store ?? createMemoryStore();
  const failures: unknown[] = [];
  const agent = textAgent(({ messages }) => `You said: ${messages.at(-1)?.content}`);
  const gateway = new GatewayServer({ store, agent, onFailure: (error) => failures.push(error), ...options });
  // No pieces of text are joined, so that each one is an event.
  const dialect = openClawDialect({ joinMs: 0, ...openClaw });
  const { port } = await gateway.listen({ port: 0, dialects: { "/": dialect }, ...listen });
  const clients: TestClient[] = [];
  const url = `ws://127.0.0.1:${port}/`;
  return {
    gateway,
    store,
    failures,
    url,
    open: () => openClient(url, clients),
    connect: async (params: object = {}) => {
      const client = await openClient(url, clients);
      await client.connect(params);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of clients) socket.terminate();
      await gateway.close({ drainMs: 0 });
      await store.close();
    },
  };
}

/** A promise, and the function that resolves it. */
export function gate(): [opened: Promise<void>, open: () => void] {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

async function openClient(url: string, clients: TestClient[]): Promise<TestClient> {
  const client = new TestClient(new WebSocket(url));
  clients.push(client);
  await once(client.socket, "open");
  return client;
}

/** An error of a refused request. */
interface ErrorShape {
  code: string;
  message: string;
  details?: Record<string, unknown>;
  retryable?: boolean;
  retryAfterMs?: number;
}

/** A message of a session. */
interface Row {
  role: string;
  content: { text: string }[];
  __openclaw: { id: string };
}

/** A session of a list. */
interface Session {
  key: string;
  sessionId: string;
}

/** The fields of all payloads. A payload has some of them. */
interface Payload {
  id: string;
  runId: string;
  runIds: string[];
  state: string;
  stream: string;
  seq: number;
  phase: string;
  data: Record<string, unknown>;
  deltaText?: string;
  replace?: boolean;
  message: Row;
  messages: Row[];
  hasMore: boolean;
  nextOffset: number;
  inFlightRun: object;
  sessionKey: string;
  sessionId: string;
  session: Session;
  sessions: Session[];
  entry: Session;
  previews: object[];
  defaults: object;
  models: object[];
  request: Record<"title" | "description", string> & Record<string, unknown>;
  expiresAtMs: number;
  features: { methods: string[] };
  policy: { tickIntervalMs: number };
}

interface Frame {
  type: "res" | "event";
  id?: string;
  ok?: boolean;
  payload: Payload;
  error?: ErrorShape;
  event?: string;
  seq?: number;
}

/** A client that checks each frame against OpenClaw's own schema. */
export class TestClient {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<[code: number, reason: string]>;
  readonly problems: Error[] = [];
  readonly #methods = new Map<string, string>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (bytes: Buffer) => this.#take(bytes.toString()));
    this.closed = once(socket, "close").then(([code, reason]) => [code as number, String(reason)]);
    void this.closed.then(() => socket.emit("frame"));
  }

  connect(params: object = {}): Promise<Payload> {
    const client = { id: "test", version: "1", platform: "linux", mode: "test" };
    return this.request("connect", { minProtocol: 4, maxProtocol: 4, client, ...params });
  }

  /** Sends a request without waiting for its response. Returns its id. */
  send(method: string, params?: object): string {
    this.#lastId += 1;
    const id = `r${this.#lastId}`;
    this.#methods.set(id, method);
    this.socket.send(JSON.stringify({ type: "req", id, method, ...(params && { params }) }));
    return id;
  }

  /** Resolves with the payload of the response. Rejects for a refused request. */
  async request(method: string, params?: object): Promise<Payload> {
    return (await this.response(this.send(method, params))).payload;
  }

  /** Resolves with the error of a refused request. */
  async refused(method: string, params?: object): Promise<ErrorShape> {
    const id = this.send(method, params);
    const { error, payload } = await this.until((frame) => frame.id === id);
    if (!error) throw new Error(`${method} was answered: ${JSON.stringify(payload)}`);
    return error;
  }

  /** Resolves with the `count`th response of a request. */
  async response(id: string, count = 1): Promise<Frame> {
    const frame = await this.until((one) => one.id === id, count);
    if (frame.ok) return frame;
    throw new Error(`${frame.error?.code} ${frame.error?.message}`);
  }

  /** Resolves with the `count`th frame that matches. */
  async until(isIt: (frame: Frame) => boolean, count = 1): Promise<Frame> {
    for (;;) {
      if (this.problems[0]) throw this.problems[0];
      const found = this.frames.filter(isIt)[count - 1];
      if (found) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("The connection is closed.");
      await once(this.socket, "frame");
    }
  }

  /** Resolves with the payload of the `count`th event of a name that has these fields. */
  async event(name: string, fields: Record<string, unknown> = {}, count = 1): Promise<Payload> {
    const hasFields = (payload: object) =>
      Object.entries(fields).every(([key, value]) => Reflect.get(payload, key) === value);
    return (await this.until(({ event, payload }) => event === name && hasFields(payload), count)).payload;
  }

  /** The payloads of all events of a name so far. */
  events(name: string): Payload[] {
    return this.frames.filter(({ event }) => event === name).map(({ payload }) => payload);
  }

  #take(text: string): void {
    const frame = JSON.parse(text) as Frame;
    try {
      this.#check(frame);
    } catch (error) {
      this.problems.push(error as Error);
    }
    this.frames.push(frame);
    this.socket.emit("frame");
  }

  #check(frame: Frame): void {
    checkSchema(frame.type === "res" ? "ResponseFrame" : "EventFrame", frame);
    const { type, event = "", payload, seq, id = "", ok } = frame;
    if (type === "event") {
      checkEvent(event, payload);
      const last = this.frames.filter((one) => one.seq !== undefined).length;
      const expected = event === "connect.challenge" ? undefined : last + 1;
      if (seq !== expected) throw new Error(`The event ${event} must have seq ${expected}, got ${seq}.`);
    } else if (ok) checkResult(this.#methods.get(id) ?? "", payload);
  }
}
