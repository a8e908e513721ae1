// `useChat` of the AI SDK on a gateway. page/chat.jsx is the whole chat, as for any other server.
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { aiSdkDialect, aiSdkHttp } from "@mini-openclaw/ai-sdk";
import { originOf } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { createServer } from "vite";
import { check } from "./check.js";

// Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
const store = createMemoryStore();
const provider = createScriptedProvider(() => [says("Hello ", "from useChat.")]);
const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }) });
const form = aiSdkHttp();

const vite = await createServer({
  root: join(import.meta.dirname, "page"),
  configFile: false,
  logLevel: "warn",
  server: { host: "127.0.0.1", port: 0 },
  plugins: [
    {
      name: "chats-over-http",
      configureServer({ middlewares }) {
        middlewares.use((request, response, next) => {
          if (!gateway.handleRequest(request, response, { path: "/api/chat", form })) next();
        });
      },
    },
  ],
});
await vite.listen();
assert(vite.httpServer);
gateway.attach(vite.httpServer, { path: "/chat", dialect: aiSdkDialect() });
const origin = originOf(vite.httpServer);

// `node main.js --keep` stays, so that you can open the page.
if (process.argv.includes("--keep")) console.log(`${origin}/ and ${origin}/?http`);
else {
  console.log(await check(origin, vite));
  await vite.close();
  await gateway.close();
}
