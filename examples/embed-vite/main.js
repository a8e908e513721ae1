// The gateway in a Vite dev server, as a plugin. The page and its agent share one port, and hot
// updates still work.
import assert from "node:assert/strict";
import { on, once } from "node:events";
import { join } from "node:path";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { checkEmbedded, originOf } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import { createServer } from "vite";
import { WebSocket } from "ws";

/**
 * Creates the plugin for your vite.config.js.
 * @returns {import("vite").Plugin}
 */
function miniOpenClaw() {
  // Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
  const store = createMemoryStore();
  const provider = createScriptedProvider([[says("Hello ", "from Vite.")]]);

  const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }) });
  const webChat = serveWebChat({ basePath: "/chat", webSocketPath: "/claw" });
  return {
    name: "mini-openclaw",
    configureServer({ httpServer, middlewares }) {
      // Vite has no server of its own in middleware mode.
      if (httpServer) gateway.attach(httpServer, { path: "/claw" });
      middlewares.use((request, response, next) => {
        if (!webChat(request, response)) next();
      });
    },
    closeServer: () => gateway.close(),
  };
}

const vite = await createServer({
  root: join(import.meta.dirname, "page"),
  configFile: false,
  logLevel: "warn",
  plugins: [miniOpenClaw()],
  server: { host: "127.0.0.1", port: 0 },
});
await vite.listen();
assert(vite.httpServer);
const origin = originOf(vite.httpServer);

// Does what a browser does: loads the page's module, and gets an update when the module changes.
const hotUpdates = new WebSocket(origin.replace("http", "ws"), "vite-hmr");
const frames = on(hotUpdates, "message");
await once(hotUpdates, "open");
await fetch(`${origin}/greeting.js`);
await checkEmbedded(origin, "Hello from Vite.");

const { client } = vite.environments;
const greeting = await client.moduleGraph.getModuleByUrl("/greeting.js");
assert(greeting);
await client.reloadModule(greeting);
for await (const [text] of frames) {
  const { type, updates } = JSON.parse(text);
  if (type === "connected") continue;
  assert.deepEqual([type, updates[0].path], ["update", "/greeting.js"]);
  break;
}
await vite.close();
