// The check of this example. An app needs none of this.
import assert from "node:assert/strict";
import { Chat } from "@ai-sdk/react";
import { DefaultChatTransport, WebSocketChatTransport } from "ai";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { WebSocket } from "ws";

/**
 * Renders the page, and chats over a socket and over HTTP. Returns the answer.
 * @param {string} origin
 * @param {import("vite").ViteDevServer} vite
 */
export async function check(origin, vite) {
  const page = await vite.ssrLoadModule("/chat.jsx");
  const own = new DefaultChatTransport({ api: `${origin}/api/chat` });
  const html = renderToString(createElement(page["ChatPage"], { transport: own }));
  assert.match(html, /aria-label="Message"/);
  assert.equal((await fetch(`${origin}/main.jsx`)).status, 200);
  // Node 20 has no WebSocket.
  const webSocket = /** @type {any} */ (WebSocket);
  const socket = new WebSocketChatTransport({
    url: `${origin.replace("http", "ws")}/chat`,
    protocols: ["ai-sdk-7"],
    webSocket,
  });
  const answers = [];
  for (const transport of [socket, own]) {
    const chat = new Chat({ id: "main", transport });
    await chat.sendMessage({ text: "Hello?" });
    answers.push(
      chat.messages
        .at(-1)
        ?.parts.map((part) => ("text" in part ? part.text : ""))
        .join(""),
    );
  }
  socket.close();
  assert.equal(answers[0], answers[1]);
  // Both chats are one session.
  const messages = await (await fetch(`${origin}/api/chat/main`)).json();
  assert.equal(messages.length, 4);
  return answers[0];
}
