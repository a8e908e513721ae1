// The gateway beside a Hono app on Node. Both use the HTTP server that `serve` returns.
import { once } from "node:events";
import { serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { checkEmbedded, originOf } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import { Hono } from "hono";

// Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
const store = createMemoryStore();
const provider = createScriptedProvider([[says("Hello ", "from Hono.")]]);

const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }) });
const webChat = serveWebChat({ basePath: "/chat", webSocketPath: "/claw" });

/** @type {Hono<{ Bindings: import("@hono/node-server").HttpBindings }>} */
const app = new Hono();
app.use(({ env: { incoming, outgoing } }, next) =>
  webChat(incoming, outgoing) ? Promise.resolve(RESPONSE_ALREADY_SENT) : next(),
);
app.get("/", (context) => context.text("The app's own page."));

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
gateway.attach(server, { path: "/claw" });
await once(server, "listening");

await checkEmbedded(originOf(server), "Hello from Hono.");

await gateway.close();
server.close();
