/**
 * A program that lets every method of a store, a log and an agent return values of the wrong shape,
 * and uses the gateway as clients do. It prints one line for each. A rejection that nobody handles
 * ends the program.
 */
import { once } from "node:events";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { parseClientEvent } from "@mini-openclaw/protocol/schema";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { type Dialect, GatewayServer, type Translator } from "../../src/index.ts";
import { memoryWebSocket } from "../../src/testing/memory-web-socket.ts";
import { logMethods, storeMethods } from "./store-methods.ts";

const rejected = () => Promise.reject(new Error("rejected"));

const iterable = (iterator: object) => ({ [Symbol.asyncIterator]: () => iterator });

const shapes: Record<string, () => unknown> = {
  "a rejecting promise": rejected,
  "a promise of nothing": () => Promise.resolve(),
  "a promise of a number": () => Promise.resolve(1),
  nothing: () => undefined,
  "a number": () => 1,
  "a text": () => "text",
  "an empty object": () => ({}),
  "a function": () => () => 1,
  "an array": () => [1],
  "an array of rejecting promises": () => [rejected(), rejected()],
  "a promise of rejecting promises": async () => [rejected()],
  "a page of rejecting promises": async () => ({ sessions: [rejected()] }),
  "a hit with a rejecting promise": () =>
    iterable({ next: async () => ({ value: { session: rejected() } }) }),
  "an event with promises in its input": () =>
    iterable({
      next: async () => ({
        value: { type: "tool_start", callId: "c", toolName: "t", input: { a: rejected() } },
      }),
    }),
  "a sync generator": function* () {
    yield rejected();
  },
  "an iterable that rejects to begin": () => ({ [Symbol.asyncIterator]: rejected }),
  "an iterator without methods": () => iterable({}),
  "an iterator that returns no promises": () => iterable({ next: () => 1 }),
  "an iterator of rejecting promises": () =>
    iterable({ next: async () => ({ done: false, value: rejected() }), return: rejected }),
  "an iterator that throws when it is left": () => {
    let isOver = true;
    return iterable({
      async next() {
        isOver = !isOver;
        return { done: isOver, value: { seq: 1 } };
      },
      return() {
        throw new Error("thrown");
      },
    });
  },
  "a thenable that throws": () => ({
    // biome-ignore lint/suspicious/noThenProperty: A store may return such an object.
    then() {
      throw new Error("thrown");
    },
  }),
};

const agent: AgentRunner = {
  async *run({ runId }) {
    yield { type: "run_start", runId, timestamp: 1 };
    yield { type: "chunk", runId, messageId: "m", content: "hello" };
    yield { type: "assistant_message", runId, id: "m", content: "hello", timestamp: 1 };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
  },
};

const native: Translator = { read: parseClientEvent, write: (event) => JSON.stringify(event) };

/** Results of a translator that leave a client without an answer, as they may. */
const silent = {
  read: ["a promise of nothing", "nothing"],
  write: ["nothing", "a text"],
};

/** Returns the target with one method replaced. */
function withWrong<Target extends object>(target: Target, method: string, returns: () => unknown): Target {
  return new Proxy(target, {
    get(from, name) {
      if (name === method) return returns;
      const value: unknown = Reflect.get(from, name);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}

function gatewayWith(owner: string, method: string, returns: () => unknown): GatewayServer {
  const onFailure = () => undefined;
  const memory = createMemoryStore();
  if (owner === "agent") {
    return new GatewayServer({ store: memory, agent: { run: returns as AgentRunner["run"] }, onFailure });
  }
  if (owner === "store")
    return new GatewayServer({ store: withWrong(memory, method, returns), agent, onFailure });
  const openLog = async (id: string) => withWrong(await memory.openLog(id), method, returns);
  return new GatewayServer({
    store: withWrong(memory, "openLog", openLog as () => unknown),
    agent,
    onFailure,
  });
}

/** Sends every command and waits for each answer, or for the end of the connection. */
async function useSocket(gateway: GatewayServer, dialect?: Dialect): Promise<void> {
  const Socket = memoryWebSocket(gateway, { dialect } as object);
  const client = new Socket("ws://memory/");
  const frames: Record<string, unknown>[] = [];
  const news = new EventTarget();
  client.addEventListener("message", ({ data }: { data: unknown }) => {
    frames.push(JSON.parse(String(data)));
    news.dispatchEvent(new Event("news"));
  });
  let isClosed = false;
  client.addEventListener("close", () => {
    isClosed = true;
    news.dispatchEvent(new Event("news"));
  });
  const answerTo = async (id: string) => {
    for (;;) {
      const found = frames.find((frame) => frame["replyTo"] === id);
      if (found || isClosed) return found;
      await once(news, "news");
    }
  };
  while (!isClosed && !frames.some(({ type }) => type === "connected")) await once(news, "news");
  const sessionId = String(frames.find(({ type }) => type === "connected")?.["sessionId"]);
  const ask = (type: string, fields: object = {}, id = type) => {
    if (!isClosed) client.send(JSON.stringify({ type, id, sessionId, ...fields }));
    return answerTo(id);
  };
  const ack = await ask("message", { content: "hello" });
  await ask("retry", { runId: ack?.["runId"] ?? "run" });
  await ask("message", { content: "hello" }, "again");
  await ask("history");
  await ask("resume");
  await ask("resume", { after: 0 }, "resume-0");
  await ask("list");
  await ask("search", { text: "hello" });
  await ask("rename", { title: "title" });
  for (const type of ["fork", "create", "archive", "unarchive", "delete", "undelete"]) await ask(type);
  await ask("ping");
  client.close();
}

async function useHttp(gateway: GatewayServer): Promise<void> {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await gateway.handleFetch(new Request(`http://localhost${path}`, init));
    await response.text().catch(() => undefined);
  };
  const body = JSON.stringify({ content: "hello" });
  await ask("/sessions/current/messages", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  for (const path of ["/sessions", "/sessions/search?text=h", "/sessions/current/messages"]) await ask(path);
  await ask("/sessions/current/export");
  await ask("/sessions/current/events?runId=none");
}

async function use(owner: string, method: string, returns: () => unknown): Promise<void> {
  const gateway = gatewayWith(owner, method, returns);
  await Promise.all([useSocket(gateway), useHttp(gateway)]);
  const submitted = await gateway.submit({ key: "webchat", content: "hi" }).catch(() => undefined);
  await submitted?.ended.catch(() => undefined);
  await gateway.readiness();
  await gateway.close({ drainMs: 0 });
}

const methods = [
  ...storeMethods.map((method) => ["store", method] as const),
  ...logMethods.map((method) => ["log", method] as const),
  ["agent", "run"] as const,
];
for (const [owner, method] of methods) {
  for (const [shape, returns] of Object.entries(shapes)) {
    await use(owner, method, returns);
    process.stdout.write(`${owner}.${method} returns ${shape}: lives\n`);
  }
}
for (const method of ["read", "write"] as const) {
  for (const [shape, returns] of Object.entries(shapes)) {
    if (silent[method].includes(shape)) continue;
    const gateway = new GatewayServer({ store: createMemoryStore(), agent, onFailure: () => undefined });
    await useSocket(gateway, { connect: () => ({ ...native, [method]: returns }) });
    await gateway.close({ drainMs: 0 });
    process.stdout.write(`translator.${method} returns ${shape}: lives\n`);
  }
}
