/**
 * A program that breaks every callback of a gateway in turn, and uses the gateway as clients do. It
 * prints a line when a callback's turn begins, and another when the gateway has survived it. An
 * exception that nobody catches ends the program. The program waits for answers only, so that a
 * gateway that leaves a client without one stops it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AgentRunner, Cluster } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { WebSocket } from "ws";
import { type GatewayOptions, GatewayServer, type HttpForm, type ListenOptions } from "../../src/index.ts";
import { logMethods, storeMethods } from "./store-methods.ts";

type Break = () => never;

const ways: Record<string, Break> = {
  throws: () => {
    throw new Error("thrown");
  },
  rejects: () => Promise.reject(new Error("rejected")) as never,
  "throws what is no error": () => {
    throw Object.create(null) as Error;
  },
  "throws what cannot be read": () => {
    const fail = () => {
      throw new Error("unreadable");
    };
    throw new Proxy(new Error("thrown"), { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
  },
  "throws a code that is no text": () => {
    throw Object.assign(new Error("thrown"), { code: Object.create(null) as object });
  },
  "rejects later": () => nextTurn().then(() => Promise.reject(new Error("rejected"))) as never,
};

interface Setup {
  options?: Partial<GatewayOptions>;
  listen?: ListenOptions;
  /** A socket for `accept`. */
  socket?: object;
}

const agent: AgentRunner = {
  async *run({ runId }) {
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "chunk", runId, messageId: "m", content: "hello" };
    yield { type: "assistant_message", runId, id: "m", content: "hello", timestamp: 1 };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
  },
};

/** The target with some of its methods replaced. */
function withBroken<Target extends object>(target: Target, broken: Partial<Record<string, unknown>>): Target {
  return new Proxy(target, {
    get(from, name) {
      if (typeof name === "string" && name in broken) return broken[name];
      const value: unknown = Reflect.get(from, name);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}

const iterator = (broken: Partial<Record<"next" | "return", Break>>): AgentRunner => ({
  run: (input) => ({
    [Symbol.asyncIterator]: () => withBroken(agent.run(input)[Symbol.asyncIterator](), broken),
  }),
});

const dialect = (broken: Partial<Record<"connect" | "read" | "write", Break>>): Setup => ({
  options: {
    dialects: [
      {
        subprotocol: "broken",
        connect: () => ({
          read: (text) => ({ ok: true, value: JSON.parse(text) }),
          write: (event) => JSON.stringify(event),
          ...broken,
        }),
        ...broken,
      },
    ],
  },
});

const form: HttpForm = {
  keyPrefix: "form:",
  methodsOf: () => ["GET"],
  answer: (_request, connection) => connection.reply(200, "hello"),
};

/** A cluster of one node. */
const cluster: Cluster = {
  isAlive: true,
  join: () => () => undefined,
  ownerOf: async () => undefined,
  request: async () => "",
  broadcast() {},
  follow: async () => 0,
  unfollow() {},
  async *read() {},
};

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const standardSocket = { bufferedAmount: 0, readyState: 1, send() {}, close() {}, addEventListener() {} };

/** A method that returns an async iterable fails when it is called, or when it is read. */
const iterableOf = (broken: Break) => {
  if (broken === ways["throws"]) return broken;
  return () => ({ [Symbol.asyncIterator]: () => ({ next: broken }) });
};

const iterables = ["searchSessions", "entries", "read"];

const breakMethod = (name: string, broken: Break) => ({
  [name]: iterables.includes(name) ? iterableOf(broken) : broken,
});

const cases: Record<string, (broken: Break) => Setup> = {
  authenticate: (authenticate) => ({ options: { authenticate } }),
  authorize: (authorize) => ({ options: { authorize } }),
  sessionKey: (sessionKey) => ({ options: { sessionKey } }),
  onFailure: (broken) => ({ options: { onFailure: broken, authorize: broken, logger: quiet } }),
  "onFailure and the logger": (broken) => ({
    options: {
      onFailure: broken,
      authorize: broken,
      logger: { debug: broken, info: broken, warn: broken, error: broken },
    },
  }),
  logger: (broken) => ({
    options: { authorize: broken, logger: { debug: broken, info: broken, warn: broken, error: broken } },
  }),
  serve: (serve) => ({ listen: { serve } }),
  parts: (parts) => ({ listen: { parts } }),
  routes: (route) => ({ listen: { routes: { "/page": route } } }),
  "form.methodsOf": (methodsOf) => ({ listen: { forms: { "/page": { ...form, methodsOf } } } }),
  "form.answer": (answer) => ({ listen: { forms: { "/page": { ...form, answer } } } }),
  "allowedHosts and allowedOrigins": (broken) => ({
    options: { allowedHosts: [broken], allowedOrigins: [broken] },
  }),
  metrics: (metrics) => ({ listen: { metrics: { contentType: "text/plain", metrics } } }),
  "the content type of metrics": () => ({
    listen: { metrics: { contentType: "a\nb", metrics: async () => "" } },
  }),
  "metrics that are no text": () => ({
    listen: { metrics: { contentType: "text/plain", metrics: async () => 1 as unknown as string } },
  }),
  "agent.run": (run) => ({ options: { agent: { run } } }),
  "the agent's next": (next) => ({ options: { agent: iterator({ next }) } }),
  "the agent's return": (broken) => ({ options: { agent: iterator({ return: broken }), abortGraceMs: 0 } }),
  "dialect.connect": (connect) => dialect({ connect }),
  "translator.read": (read) => dialect({ read }),
  "translator.write": (write) => dialect({ write }),
  ...Object.fromEntries(
    storeMethods.map((name) => [
      `store.${name}`,
      (broken: Break) => ({ options: { store: withBroken(createMemoryStore(), breakMethod(name, broken)) } }),
    ]),
  ),
  ...Object.fromEntries(
    logMethods.map((name) => [
      `log.${name}`,
      (broken: Break) => {
        const store = createMemoryStore();
        const openLog = async (id: string) => withBroken(await store.openLog(id), breakMethod(name, broken));
        return { options: { store: withBroken(store, { openLog }), idleMs: 0 } };
      },
    ]),
  ),
  ...Object.fromEntries(
    ["ownerOf", "broadcast", "follow", "unfollow", "read"].map((name) => [
      `cluster.${name}`,
      (broken: Break) => ({ options: { cluster: { ...cluster, ...breakMethod(name, broken) } } }),
    ]),
  ),
  "leaving the cluster": (broken) => ({ options: { cluster: { ...cluster, join: () => broken } } }),
  ...Object.fromEntries(
    ["send", "close", "addEventListener"].map((name) => [
      `socket.${name}`,
      (broken: Break) => ({ socket: { ...standardSocket, [name]: broken } }),
    ]),
  ),
  "socket.bufferedAmount": (broken) => ({
    socket: Object.defineProperty({ ...standardSocket }, "bufferedAmount", { get: broken }),
  }),
};

/** Uses a gateway in every way that it has. */
async function use(gateway: GatewayServer, port: number, socket: object | undefined): Promise<void> {
  const accepted = { ...standardSocket };
  for (const one of [socket, accepted]) {
    if (!one) continue;
    try {
      gateway.accept(one as Parameters<GatewayServer["accept"]>[0]);
    } catch {
      // To the caller of `accept`, who hands the socket over.
    }
  }
  await Promise.all([useSocket(gateway, port, []), useSocket(gateway, port, ["broken"]), useHttp(port)]);
  await runToItsEnd(gateway, { key: "webchat" });
}

/** Resolves when a run of the session has ended, and so every run before it, or none can begin. */
async function runToItsEnd(
  gateway: GatewayServer,
  session: { key: string } | { sessionId: string },
): Promise<void> {
  const submitted = await gateway.submit({ ...session, content: "hi" }).catch(() => undefined);
  await submitted?.ended.catch(() => undefined);
}

async function useSocket(gateway: GatewayServer, port: number, subprotocols: string[]): Promise<void> {
  const client = new Client(port, subprotocols);
  const greeting = await client.frame(({ type }) => type === "connected");
  const { sessionId } = greeting ?? {};
  if (typeof sessionId !== "string") return client.close();
  const send = (type: string, fields: object = {}) =>
    client.send(JSON.stringify({ type, id: type, sessionId, ...fields }));
  const answered = (id: string) => client.frame(({ replyTo }) => replyTo === id);
  send("message", { content: "hello" });
  const runId = (await answered("message"))?.["runId"];
  await runToItsEnd(gateway, { sessionId });
  client.send("no command");
  for (const type of ["list", "history", "resume", "fork", "create", "abort"]) send(type);
  send("resume", { after: 0 });
  send("search", { text: "hello" });
  send("rename", { title: "title" });
  send("approve", { callId: "call", decision: "once" });
  send("retry", { runId });
  for (const type of ["archive", "unarchive", "delete", "undelete", "unwatch"]) send(type);
  // The commands of a connection are done in their order.
  send("ping");
  await answered("ping");
  await client.close();
}

type Frame = Record<string, unknown>;

/** A client that waits for frames. Nothing more comes once its socket is closed. */
class Client {
  readonly #socket: WebSocket;
  readonly #closed: Promise<undefined>;
  readonly #frames: Frame[] = [];
  readonly #waiters = new Set<() => void>();

  constructor(port: number, subprotocols: string[]) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/`, subprotocols);
    this.#socket.on("error", () => undefined);
    this.#closed = new Promise((resolve) => this.#socket.on("close", () => resolve(undefined)));
    this.#socket.on("message", (bytes: Buffer) => {
      this.#frames.push(JSON.parse(bytes.toString()));
      for (const look of this.#waiters) look();
    });
  }

  /** Resolves with the first frame that fits, or with nothing when the socket is closed. */
  frame(fits: (frame: Frame) => boolean): Promise<Frame | undefined> {
    const found = new Promise<Frame>((resolve) => {
      const look = () => {
        const frame = this.#frames.find(fits);
        if (frame) resolve(frame);
      };
      this.#waiters.add(look);
      look();
    });
    return Promise.race([found, this.#closed]);
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }
}

async function useHttp(port: number): Promise<void> {
  const ask = async (path: string, body?: object) => {
    const init = body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    await fetch(`http://127.0.0.1:${port}${path}`, init)
      // The stream of a session has no end.
      .then(async (response) => {
        if (path.includes("events")) await response.body?.cancel();
        else await response.text();
      })
      .catch(() => undefined);
  };
  const paths = ["/page", "/metrics", "/readyz", "/health", "/sessions"];
  await Promise.all([
    ...paths.map((path) => ask(path)),
    ask("/sessions/current/messages", { content: "hello" }),
    ask("/sessions/current/events?after=0"),
    ask("/sessions/current/export"),
    ask("/sessions/current/messages"),
    ask("/sessions/current/abort", {}),
  ]);
}

async function tryCase(name: string, { options, listen, socket }: Setup): Promise<void> {
  process.stdout.write(`${name}: begins\n`);
  const gateway = new GatewayServer({ store: createMemoryStore(), agent, onFailure() {}, ...options });
  const { port } = await gateway.listen({ port: 0, ...listen });
  await use(gateway, port, socket);
  await gateway.close({ drainMs: 0 });
  process.stdout.write(`${name}: lives\n`);
}

// All ways of a few callbacks at once, because a gateway waits for timers of its own.
const entries = Object.entries(cases);
while (entries.length > 0) {
  const some = entries.splice(0, 8);
  const tried = some.flatMap(([name, setUp]) =>
    Object.entries(ways).map(([way, broken]) => tryCase(`${name} ${way}`, setUp(broken))),
  );
  await Promise.all(tried);
}
process.stdout.write("done\n", () => process.exit(0));
