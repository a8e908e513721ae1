// One gateway of a cluster. Every gateway runs this program, with its own `NAME` and `PORT`.
// PostgreSQL is found by the usual variables, such as `PGHOST`.
import { createServer } from "node:http";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { createPostgresCluster, createPostgresStore } from "@mini-openclaw/postgres";
import { serveWebChat } from "@mini-openclaw/web-chat";
import pg from "pg";

const { NAME: name = "gateway", HOST: host = "127.0.0.1", PORT: port = "3211" } = process.env;
const { PUBLIC_PORT: publicPort = "8080" } = process.env;

const pool = new pg.Pool({ max: 4 });
// A pool without a listener ends the process when an idle connection fails.
pool.on("error", (error) => console.error(`${name}: ${error.message}`));
const store = await createPostgresStore({ pool, name });
await store.recover();

// Yours: new AgentRuntime({ provider: createAnthropicProvider({ apiKey, model }) }).
const agent = textAgent(async function* ({ messages, signal }) {
  const words = `${name} answers: ${messages.at(-1)?.content ?? ""}`.split(" ");
  for (const word of words) {
    await wait(100, undefined, { signal });
    yield `${word} `;
  }
});

const gateway = new GatewayServer({
  store,
  cluster: createPostgresCluster({ store }),
  agent,
  // nginx passes the name on that the browser used. Yours: the public name of your app.
  allowedHosts: [`localhost:${publicPort}`, `127.0.0.1:${publicPort}`],
});

const webChat = serveWebChat({ webSocketPath: "/claw" });
const server = createServer((request, response) => {
  if (gateway.handleRequest(request, response) || webChat(request, response)) return;
  response.writeHead(404).end();
});
gateway.attach(server, { path: "/claw" });
server.once("error", ({ message }) => {
  console.error(`${name}: ${message}. Set PORT to a free port, and HOST to an address of this machine.`);
  process.exit(1);
});
server.listen(Number(port), host, () => console.log(`${name} listens on port ${port}.`));

// Its sessions move to the other gateways at once, and its clients reconnect there.
async function stop() {
  await gateway.close();
  await store.close();
  await pool.end();
  server.close();
}
process.once("SIGTERM", () => void stop());
