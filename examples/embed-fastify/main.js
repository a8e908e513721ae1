// The gateway in a Fastify 5 app. `app.server` is its HTTP server, and closing the app closes the
// gateway.
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { checkEmbedded, checkHttp } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import fastify from "fastify";

// Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
const store = createMemoryStore();
const provider = createScriptedProvider([[says("Hello ", "from Fastify.")]]);

const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }) });
const webChat = serveWebChat({ basePath: "/chat", webSocketPath: "/claw" });

const app = fastify();
app.addHook("onRequest", (request, reply, done) => {
  const isTaken =
    webChat(request.raw, reply.raw) || gateway.handleRequest(request.raw, reply.raw, { path: "/claw" });
  if (isTaken) reply.hijack();
  else done();
});
app.get("/", () => "The app's own page.");

gateway.attach(app.server, { path: "/claw" });
app.addHook("preClose", () => gateway.close());

const origin = await app.listen({ host: "127.0.0.1", port: 0 });
await checkEmbedded(origin, "Hello from Fastify.");
await checkHttp(origin);
await app.close();
