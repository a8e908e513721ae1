import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chat } from "@ai-sdk/react";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import type { FileUIPart, UIMessage } from "ai";
import { describe, expect, test } from "vitest";
import { chatGateway, type openChat, textOf } from "./chat-gateway.ts";

/** Returns a file with the first bytes of a PNG. */
function png(bytes: number, fill: number): FileUIPart {
  const head = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
  const data = Buffer.concat([head, Buffer.alloc(bytes, fill)]).toString("base64");
  const url = `data:image/png;base64,${data}`;
  return { type: "file", mediaType: "image/png", filename: `${fill}.png`, url };
}

const isFile = (part: UIMessage["parts"][number]) => part.type === "file";

/** Returns the parts of a message with another text. */
const edited = ({ parts }: UIMessage, text: string) =>
  parts.map((part) => (part.type === "text" ? { ...part, text } : part));

async function loadMessages(api: string, id = "chat-1"): Promise<[UIMessage, ...UIMessage[]]> {
  return (await (await fetch(`${api}/${id}`)).json()) as [UIMessage, ...UIMessage[]];
}

/** A chat gateway whose chats load their messages first, as a page does after a reload. */
async function reloadingGateway(over: "socket" | "HTTP", kind: "files" | "memory") {
  const folder = await mkdtemp(join(tmpdir(), "ai-sdk-files-"));
  const store = kind === "files" ? await openSessionStore(folder) : createMemoryStore();
  const agent = scriptedAgent(["A", "B", "C", "D"]);
  const gateway = await chatGateway(agent, { store });
  const open: ReturnType<typeof openChat>[] = [];
  return {
    agent,
    load: () => loadMessages(gateway.api),
    reload: async (id = "chat-1"): Promise<Chat<UIMessage>> => {
      const messages = await loadMessages(gateway.api, id);
      if (over === "HTTP") return gateway.httpChat({ id, messages });
      const chat = gateway.chat({ id, messages });
      open.push(chat);
      return chat;
    },
    async [Symbol.asyncDispose]() {
      for (const { sockets } of open) for (const socket of sockets) socket.terminate();
      await gateway[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test("a file may have a long name, and a data URL in capitals", async () => {
  const agent = scriptedAgent(["A", "B"]);
  await using gateway = await chatGateway(agent);
  const chat = gateway.httpChat();
  const text = { type: "file", mediaType: "text/plain" } as const;
  const id = "i".repeat(90);
  const named = { ...text, filename: `${"n".repeat(250)}.txt`, url: "data:text/plain;base64,YQ==" };

  await chat.sendMessage({ id, role: "user", parts: [named] });
  const capital = { ...text, url: "DATA:TEXT/PLAIN;BASE64,Yg==" };
  await chat.sendMessage({ parts: [capital], messageId: id });

  expect(chat.error).toBeUndefined();
  expect(agent.inputs.map(({ messages }) => messages.at(-1))).toMatchObject([
    { blocks: [{ mediaType: "text/plain", name: "n".repeat(200), data: "YQ==" }, { type: "text" }] },
    { blocks: [{ mediaType: "text/plain", data: "Yg==" }, { type: "text" }] },
  ]);
});

describe.each([
  ["socket", "files"],
  ["HTTP", "memory"],
] as const)("after a reload over %s", (over, kind) => {
  const [large, small] = [png(20_000, 1), png(100, 2)];

  test("an edit and another answer have the files of their message, byte for byte", async () => {
    await using gateway = await reloadingGateway(over, kind);
    await (await gateway.reload()).sendMessage({ text: "a", files: [large, small] });
    const [first] = await gateway.load();
    const chat = await gateway.reload();

    await chat.sendMessage({ parts: edited(first, "b"), messageId: first.id });
    await (await gateway.reload()).sendMessage({ text: "c" });
    const last = await gateway.reload();
    await last.regenerate({ messageId: last.messages[1]?.id ?? "" });

    expect(first.parts.filter(isFile)).toMatchObject([
      { url: expect.stringMatching(/^\/sessions\//) },
      { url: small.url },
    ]);
    expect(last.messages.map(textOf)).toEqual(["b", "D"]);
    const blocks = [large, small].map(({ filename, url }) => {
      return { type: "image", mediaType: "image/png", name: filename, data: url.split(",")[1] };
    });
    for (const index of [1, 3])
      expect(gateway.agent.inputs[index]?.messages).toMatchObject([
        { blocks: [...blocks, { type: "text", text: "b" }] },
      ]);
  });

  test("an edit may leave files out and add others, and a new message may have them", async () => {
    await using gateway = await reloadingGateway(over, kind);
    const [other, added] = [png(20_000, 3), png(9000, 4)];
    await (await gateway.reload()).sendMessage({ text: "a", files: [large, other] });
    const [first] = await gateway.load();
    const kept = first.parts.filter(isFile).slice(1);
    const chat = await gateway.reload();

    await chat.sendMessage({ parts: [...kept, added, { type: "text", text: "b" }], messageId: first.id });
    await chat.sendMessage({ parts: [...kept, { type: "text", text: "c" }] });

    const namesOf = (index: number) => {
      const message = gateway.agent.inputs[index]?.messages.at(-1);
      const blocks = message?.role === "user" ? message.blocks : undefined;
      return blocks?.flatMap((block) => ("name" in block ? [block.name] : []));
    };
    expect([namesOf(1), namesOf(2)]).toEqual([["3.png", "4.png"], ["3.png"]]);
  });

  test("a message that is sent again by the address of its file runs once", async () => {
    await using gateway = await reloadingGateway(over, kind);
    await (await gateway.reload()).sendMessage({ text: "a", files: [large] });
    const chat = await gateway.reload();
    const [first] = chat.messages;
    chat.messages = [];

    await chat.sendMessage({ id: first?.id ?? "", role: "user", parts: first?.parts ?? [] });

    expect(chat.error).toBeUndefined();
    expect(chat.messages.map(textOf)).toEqual(["a", "A"]);
    expect(gateway.agent.inputs).toHaveLength(1);
  });

  test("a file of another chat is refused", async () => {
    await using gateway = await reloadingGateway(over, kind);
    await (await gateway.reload()).sendMessage({ text: "a", files: [large] });
    const [first] = await gateway.load();
    const chat = await gateway.reload("chat-2");

    await chat.sendMessage({ parts: first.parts });

    expect(chat.error?.message).toContain("INVALID_FRAME: `url` of file 1 must be the id of a file");
    expect(gateway.agent.inputs).toHaveLength(1);
  });
});
