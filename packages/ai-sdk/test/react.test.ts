// @vitest-environment happy-dom
import { useChat } from "@ai-sdk/react";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { type UIMessage, WebSocketChatTransport } from "ai";
import { createElement, StrictMode, useEffect } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { chatGateway, newest, textOf, until } from "./chat-gateway.ts";
import { gate } from "./gate.ts";

type Page = HTMLElement & { readonly textContent: string | null };
const { document } = globalThis as unknown as { document: { createElement(name: string): Page } };

let root: Root;
let page: Page;
beforeEach(() => {
  page = document.createElement("main");
  root = createRoot(page);
});
afterEach(() => {
  vi.useRealTimers();
  root.unmount();
});

interface Shown {
  chat?: ReturnType<typeof useChat>;
  /** The number of times that the component was mounted: two in StrictMode. */
  mounts?: number;
}

/** A chat as an app would write it. It stores the newest result of its hook in `shown`. */
function ChatPage({ url, shown, messages }: { url: string; shown: Shown; messages?: UIMessage[] }) {
  const transport = new WebSocketChatTransport({
    url,
    protocols: ["ai-sdk-7"],
    webSocket: WebSocket as never,
  });
  const chat = useChat({ id: "chat-1", transport, resume: true, ...(messages && { messages }) });
  shown.chat = chat;
  useEffect(() => {
    shown.mounts = (shown.mounts ?? 0) + 1;
  }, [shown]);
  return createElement("p", {}, [chat.status, ...chat.messages.map(textOf)].join(" | "));
}

/** Resolves when the page shows a text. */
async function untilShown(text: string): Promise<void> {
  while (page.textContent !== text) await new Promise((resolve) => void setImmediate(resolve));
}

test("`useChat` shows an answer in StrictMode", async () => {
  await using gateway = await chatGateway(scriptedAgent([{ says: ["Hel", "lo."] }]));
  const shown: Shown = {};
  root.render(createElement(StrictMode, {}, createElement(ChatPage, { url: gateway.url, shown })));
  while (shown.mounts !== 2) await new Promise((resolve) => void setImmediate(resolve));

  await shown.chat?.sendMessage({ text: "hi" });

  await untilShown("ready | hi | Hello.");
  expect(shown.chat?.messages).toHaveLength(2);
});

test("`useChat` with `resume` in StrictMode continues an answer, and its run survives", async () => {
  const { opened: isFree, open } = gate();
  const agent = scriptedAgent([[{ says: ["One, "] }, { waits: isFree }, "two."]]);
  await using gateway = await chatGateway(agent);
  const before = gateway.chat();
  const sent = before.sendMessage({ text: "a" });
  await until(before, () => textOf(newest(before)) === "One, ");
  before.sockets[0]?.terminate();
  await sent;

  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const shown: Shown = {};
  const messages = before.messages.slice(0, 1);
  const chat = createElement(ChatPage, { url: gateway.url, shown, messages });
  root.render(createElement(StrictMode, {}, chat));
  await untilShown("streaming | a | One, ");
  // Longer than a run is kept for a client that may resume again.
  vi.advanceTimersByTime(60_000);
  open();

  await untilShown("ready | a | One, two.");
  expect(agent.inputs[0]?.signal.aborted).toBe(false);
});
