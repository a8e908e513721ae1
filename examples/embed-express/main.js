// The gateway in an Express 5 app, behind the app's own login. Each user has sessions that no other
// user can read.
import assert from "node:assert/strict";
import { once } from "node:events";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { chatOnce, checkEmbedded, checkHttp, originOf } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import express from "express";

// Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
const store = createMemoryStore();
const provider = createScriptedProvider([[says("Hello ", "from Express.")]]);

// Yours: the logged-in user, found by the cookie of your login. Upgrades skip the middleware, so
// this function reads the plain request.
const logins = new Map([["a-secret-cookie", { id: "alice" }]]);
/** @param {import("node:http").IncomingMessage} request */
function authenticate(request) {
  const [, login = ""] = /(?:^|; )login=([^;]+)/.exec(request.headers.cookie ?? "") ?? [];
  return logins.get(login) ?? null;
}

const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }), authenticate });
const webChat = serveWebChat({ basePath: "/chat", webSocketPath: "/claw" });

const app = express();
app.use((request, response, next) => {
  if (authenticate(request)) next();
  else response.sendStatus(401);
});
app.use((request, response, next) => {
  if (!webChat(request, response)) next();
});
app.use("/claw", (request, response, next) => {
  if (!gateway.handleRequest(request, response)) next();
});
app.get("/", (_request, response) => response.send("The app's own page."));

const server = app.listen(0, "127.0.0.1");
gateway.attach(server, { path: "/claw" });
await once(server, "listening");

const origin = originOf(server);
await assert.rejects(chatOnce(`${origin.replace("http", "ws")}/claw`, "Hello?"), /401/);
await checkEmbedded(origin, "Hello from Express.", { cookie: "login=a-secret-cookie" });
await checkHttp(origin, { cookie: "login=a-secret-cookie" });

await gateway.close();
server.close();
