/**
 * A program that serves `handleFetch` with the server of its runtime, uses it as clients do, and
 * prints what came back. It runs on Node (with a server that Hono has), Bun and Deno.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { serve as serveOnNode } from "@hono/node-server";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { Hono } from "hono";
import { GatewayServer, textAgent } from "../../src/index.ts";

type Fetch = (request: Request) => Promise<Response>;

interface Runtimes {
  Bun?: { serve(options: { port: number; hostname: string; fetch: Fetch }): { port: number } };
  Deno?: {
    serve(
      options: { port: number; hostname: string; onListen: (address: { port: number }) => void },
      fetch: Fetch,
    ): object;
  };
}

/** Serves with the server of the runtime. Resolves with the port. */
async function serve(fetch: Fetch): Promise<number> {
  const { Bun, Deno } = globalThis as Runtimes;
  const hostname = "127.0.0.1";
  if (Bun) return Bun.serve({ port: 0, hostname, fetch }).port;
  if (Deno) {
    return new Promise((resolve) => {
      Deno.serve({ port: 0, hostname, onListen: ({ port }) => resolve(port) }, fetch);
    });
  }
  const app = new Hono();
  app.all("/claw/*", (context) => fetch(context.req.raw));
  return new Promise((resolve) => {
    serveOnNode({ fetch: app.fetch, port: 0, hostname }, ({ port }) => resolve(port));
  });
}

async function main(): Promise<void> {
  const agent = textAgent(async function* ({ messages }) {
    yield "You said: ";
    yield String(messages.at(-1)?.content);
  });
  const gateway = new GatewayServer({ store: createMemoryStore(), agent });
  const port = await serve((request) => gateway.handleFetch(request, { path: "/claw" }));
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}/claw${path}`, init);
  const post = (content: string, headers: Record<string, string> = {}) =>
    ask("/sessions/current/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ content }),
    });

  const message = await post("hello");
  console.log("message", message.status, ((await message.json()) as { content: string }).content);
  const long = await post("x".repeat(300_000));
  console.log("long message", long.status, ((await long.json()) as { content: string }).content.length);
  const stream = await post("again", { Accept: "text/event-stream" });
  console.log("stream", stream.status, (await stream.text()).split("event: ").length > 4);
  const head = await ask("/sessions", { method: "HEAD" });
  console.log("head", head.status, (await head.text()).length);
  const list = (await (await ask("/sessions")).json()) as { sessions: object[] };
  console.log("list", list.sessions.length);
  console.log("wrong type", (await ask("/sessions/current/messages", { method: "POST", body: "x" })).status);
  console.log(
    "foreign page",
    (await ask("/sessions", { headers: { Origin: "http://evil.example" } })).status,
  );
  const watching = await ask("/sessions/current/events");
  await watching.body?.cancel();
  while (gateway.health().connections > 0) await nextTurn();
  console.log("left", gateway.health().connections);
  await gateway.close({ drainMs: 0 });
  process.exit();
}

void main();
