import { aiSdkHttp } from "@mini-openclaw/ai-sdk";
import { GatewayServer } from "@mini-openclaw/gateway";
import { openSessionStore } from "@mini-openclaw/session-store";
import { agent } from "./agent.mjs";

/** Returns the gateway of the process. Next.js has a copy of this module in each of its bundles. */
export function openGateway() {
  globalThis.gateway ??= openSessionStore("./data/sessions").then(
    (store) => new GatewayServer({ store, agent }),
  );
  return globalThis.gateway;
}

const form = aiSdkHttp();

/** Answers a request of `useChat` over HTTP. */
export async function answerChat(request) {
  return (await openGateway()).handleFetch(request, { path: "/api/chat", form });
}
