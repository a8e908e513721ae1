// A chat of your own in React. page/chat.jsx is the whole chat, with the hooks of the client.
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { chatOnce, originOf } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { createServer } from "vite";

// Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
const store = createMemoryStore();
const provider = createScriptedProvider(() => [says("Hello ", "from React.")]);
const gateway = new GatewayServer({ store, agent: new AgentRuntime({ provider }) });

const vite = await createServer({
  root: join(import.meta.dirname, "page"),
  configFile: false,
  logLevel: "warn",
  server: { host: "127.0.0.1", port: 0 },
});
await vite.listen();
assert(vite.httpServer);
gateway.attach(vite.httpServer, { path: "/claw" });
const origin = originOf(vite.httpServer);

// `node main.js --keep` stays, so that you can open the page.
if (process.argv.includes("--keep")) console.log(`${origin}/`);
else {
  const { Chat } = await vite.ssrLoadModule("/chat.jsx");
  assert.match(renderToString(createElement(Chat, { url: "/claw" })), /aria-label="Message"/);
  const script = await fetch(`${origin}/main.jsx`);
  assert.equal(script.status, 200);
  console.log(await chatOnce(`${origin.replace("http", "ws")}/claw`, "Hello?"));
  await vite.close();
  await gateway.close();
}
