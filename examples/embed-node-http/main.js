// The gateway beside a plain node:http app. The app keeps its routes, and the gateway handles the
// upgrades of one path.
import { once } from "node:events";
import { createServer } from "node:http";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { checkEmbedded, checkHttp, originOf } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";

// Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
const store = createMemoryStore();
const provider = createScriptedProvider([[says("Hello ", "from node:http.")]]);

const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }) });
const webChat = serveWebChat({ basePath: "/chat", webSocketPath: "/claw" });

const server = createServer((request, response) => {
  if (webChat(request, response)) return;
  // Requests such as POST /claw/sessions/current/messages, for clients without sockets.
  if (gateway.handleRequest(request, response, { path: "/claw" })) return;
  response.end("The app's own page.");
});
gateway.attach(server, { path: "/claw" });
server.listen(0, "127.0.0.1");
await once(server, "listening");

await checkEmbedded(originOf(server), "Hello from node:http.");
await checkHttp(originOf(server));

await gateway.close();
server.close();
