// @vitest-environment happy-dom
import { createElement, StrictMode, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { Client, ConnectOptions, Session } from "../src/index.ts";
import { useClient, useConnection, useSession } from "../src/react.ts";
import { createSpeaker } from "./speaker.ts";
import { testGateway, until } from "./test-client.ts";

type Page = HTMLElement & { readonly textContent: string | null };
const { document } = globalThis as unknown as { document: { createElement(name: string): Page } };

let root: Root;
let page: Page;
beforeEach(() => {
  page = document.createElement("main");
  root = createRoot(page);
});
afterEach(() => root.unmount());

interface Shown {
  client?: Client | undefined;
  session?: Session | undefined;
}

/** A chat as an app would write it. It stores its client and session in `shown`. */
function Chat({ shown = {}, sessionId, ...options }: { shown?: Shown; sessionId?: string } & ConnectOptions) {
  const client = useClient(options);
  const { phase } = useConnection(client);
  const { session, snapshot } = useSession(client, sessionId);
  Object.assign(shown, { client, session });
  const texts = snapshot.view.items.map((item) => ("content" in item ? item.content : item.kind));
  return createElement("p", {}, [phase, snapshot.phase, ...texts].join(" | "));
}

/** Resolves when the page shows a text, for the client of now. */
async function untilShown(text: string, isNow = () => true): Promise<void> {
  while (page.textContent !== text || !isNow()) await new Promise((resolve) => void setImmediate(resolve));
}

test("shows the connection, the session and the answer in StrictMode", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent);
  const url = `ws://127.0.0.1:${gateway.port}/`;
  const shown: Shown = {};
  const chat = createElement(Chat, { url, WebSocket, shown });
  root.render(createElement(StrictMode, {}, chat));
  await untilShown("open | live");

  await shown.session?.send("hi");

  await untilShown("open | live | hi | Hello.");
  expect(shown.session?.getSnapshot().view.items).toHaveLength(2);
});

test("has one open connection in StrictMode, and none after the component is removed", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const sockets: WebSocket[] = [];
  class Counted extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  const shown: Shown = {};
  const chat = createElement(Chat, { url: `ws://127.0.0.1:${gateway.port}/`, WebSocket: Counted, shown });
  root.render(createElement(StrictMode, {}, chat));
  await untilShown("open | live");
  const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);

  root.render(null);
  const { client } = shown;
  const closed = client && (await until(client, ({ phase }) => phase === "closed"));

  // StrictMode mounts each component twice.
  expect([sockets.length, open.length]).toEqual([2, 1]);
  expect(closed).toEqual({ phase: "closed" });
});

test("watches another session when its id changes, and returns to the same object", async () => {
  await using gateway = await testGateway(createSpeaker((content) => `You said: ${content}`).agent);
  const other = gateway.connect();
  const ids: string[] = [];
  for (const text of ["one", "two"]) {
    const session = await other.create();
    for await (const _ of session.ask(text));
    ids.push(session.getSnapshot().sessionId ?? "");
  }
  const shown: Shown = {};
  let choose = (_sessionId: string) => {};
  function Page() {
    const [sessionId = "", setSessionId] = useState(ids[0]);
    choose = setSessionId;
    return createElement(Chat, { url: `ws://127.0.0.1:${gateway.port}/`, WebSocket, shown, sessionId });
  }
  root.render(createElement(Page));
  await untilShown("open | live | one | You said: one");
  const first = shown.session;

  choose(ids[1] ?? "");
  await untilShown("open | live | two | You said: two");
  choose(ids[0] ?? "");
  await untilShown("open | live | one | You said: one");

  expect(shown.session).toBe(first);
});

test("connects again when the address changes", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const shown: Shown = {};
  const chat = (path: string) =>
    createElement(Chat, { url: `ws://127.0.0.1:${gateway.port}/${path}`, WebSocket, shown });
  root.render(chat(""));
  await untilShown("open | live");
  const first = shown.client;

  root.render(chat("?again"));
  await untilShown("open | live", () => shown.client !== first);

  expect(shown.client).not.toBe(first);
  expect(first?.getSnapshot().phase).toBe("closed");
});

test("renders on a server without a connection", () => {
  const connect = vi.fn<() => void>();
  class Never {
    constructor() {
      connect();
    }
  }

  const html = renderToString(
    createElement(Chat, { url: "ws://gateway.example", WebSocket: Never as never }),
  );

  expect(html).toBe("<p>connecting | syncing</p>");
  expect(connect).not.toHaveBeenCalled();
});
