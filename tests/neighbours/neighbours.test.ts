import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayServer } from "@mini-openclaw/gateway";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { type ServerOptions, Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";
import { createServer as createViteServer } from "vite";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

/** Answers with one word. */
const agent: AgentRunner = {
  async *run({ runId }) {
    const timestamp = Date.now();
    yield { type: "run_start", runId, timestamp };
    yield { type: "chunk", runId, messageId: "m1", content: "hello" };
    yield { type: "assistant_message", runId, id: "m1", content: "hello", timestamp };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp };
  },
};

const page = (words: string) => `<script type="module">import.meta.hot;</script><h1>${words}</h1>`;

/** Attaches the gateway at `/claw`. */
function attachGateway(server: Server): GatewayServer {
  const gateway = new GatewayServer({ store: createMemoryStore(), agent });
  gateway.attach(server, { path: "/claw" });
  return gateway;
}

/** One HTTP server, and on it a Vite dev server, socket.io, another `ws` server and the gateway. */
async function neighbourhood(gatewayComes: "first" | "last", options?: Partial<ServerOptions>) {
  const root = await mkdtemp(join(tmpdir(), "neighbours-"));
  await writeFile(join(root, "index.html"), page("before"));
  const server = createServer();
  const early = gatewayComes === "first" ? attachGateway(server) : undefined;
  const vite = await createViteServer({
    root,
    configFile: false,
    logLevel: "silent",
    // Beside the source of the package, optimised dependencies would be left.
    cacheDir: join(root, ".vite"),
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: { server } },
  });
  server.on("request", (request, response) => {
    vite.middlewares(request, response, () => response.writeHead(404).end());
  });
  const theirs = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (request.url !== "/theirs") return;
    theirs.handleUpgrade(request, socket, head, (one) =>
      one.on("message", (bytes: Buffer) => one.send(`${bytes.toString()}!`)),
    );
  });
  const socketIo = new SocketIoServer(server, options);
  socketIo.on("connection", (one) => one.on("double", (word: string, answer) => answer(word + word)));
  const gateway = early ?? attachGateway(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    root,
    async [Symbol.asyncDispose]() {
      await gateway.close({ drainMs: 0 });
      await vite.close();
      theirs.close();
      // Closes the HTTP server too.
      await socketIo.close();
      server.closeAllConnections();
      await rm(root, { recursive: true });
    },
  };
}

/** The text frames of a WebSocket, each once, in order. */
function textsOf(webSocket: WebSocket): () => Promise<string> {
  const texts: string[] = [];
  const arrived = new EventEmitter();
  webSocket.on("message", (bytes: Buffer) => {
    texts.push(bytes.toString());
    arrived.emit("text");
  });
  return async () => {
    while (texts.length === 0) await once(arrived, "text");
    return texts.shift() ?? "";
  };
}

async function chat(address: string): Promise<string[]> {
  const client = new WebSocket(`ws://${address}/claw`);
  const next = textsOf(client);
  const typeOf = async () => (JSON.parse(await next()) as { type: string }).type;
  const types = [await typeOf()];
  client.send(JSON.stringify({ type: "message", content: "hi" }));
  while (types.at(-1) !== "run_end") types.push(await typeOf());
  client.terminate();
  return types.filter((type) => type !== "session_summary");
}

const run = [
  "connected",
  "user_message",
  "run_start",
  "chunk",
  "assistant_message",
  "message_done",
  "run_end",
];

test.each(["first", "last"] as const)(
  "beside Vite, socket.io and another ws server everybody gets their own upgrades (the gateway attached %s)",
  async (gatewayComes) => {
    await using neighbours = await neighbourhood(gatewayComes);
    const { address, root } = neighbours;

    const hot = new WebSocket(`ws://${address}/`, "vite-hmr");
    const nextHot = textsOf(hot);
    expect(JSON.parse(await nextHot())).toEqual({ type: "connected" });
    expect(await chat(address)).toEqual(run);

    const theirs = new WebSocket(`ws://${address}/theirs`);
    await once(theirs, "open");
    theirs.send("hello");
    expect(String((await once(theirs, "message"))[0])).toBe("hello!");

    for (const transports of [["websocket"], ["polling", "websocket"]]) {
      const socket = io(`http://${address}`, { transports, forceNew: true, reconnection: false });
      if (transports.length > 1) await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
      expect(await socket.emitWithAck("double", "ha")).toBe("haha");
      socket.disconnect();
    }

    expect(await (await fetch(`http://${address}/`)).text()).toContain("before");
    const reload = nextHot();
    let isTold = false;
    void reload.then(() => {
      isTold = true;
    });
    // Vite begins to watch some time after it has started: what changes before that, it does not
    // see.
    const edit = async () => {
      await writeFile(join(root, "index.html"), page("after"));
      return isTold;
    };
    await expect.poll(edit).toBe(true);
    expect(JSON.parse(await reload)).toMatchObject({ type: "full-reload" });
    expect(await chat(address)).toEqual(run);
    hot.terminate();
    theirs.terminate();
  },
);

test("ignores an upgrade for another path", async () => {
  // socket.io ends upgrades that nobody has answered after this long; it waits for 1 s by itself.
  await using neighbours = await neighbourhood("first", { destroyUpgradeTimeout: 50 });
  const [host, port] = neighbours.address.split(":");
  const socket = connect(Number(port), host);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });

  socket.write(
    `GET /nobody HTTP/1.1\r\nHost: ${neighbours.address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  await once(socket, "close");

  expect(answer).toBe("");
});
