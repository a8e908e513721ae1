import { once } from "node:events";
import { Chat } from "@ai-sdk/react";
import { type GatewayOptions, GatewayServer, type ListenOptions } from "@mini-openclaw/gateway";
import type { AgentInput, AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { type ChatInit, DefaultChatTransport, type UIMessage, WebSocketChatTransport } from "ai";
import { WebSocket } from "ws";
import { type AiSdkDialectOptions, aiSdkDialect, aiSdkHttp } from "../src/index.ts";

export interface TestOptions extends Partial<Omit<GatewayOptions, "agent">> {
  listen?: ListenOptions;
  dialect?: AiSdkDialectOptions;
}

/** A gateway on a free port that AI SDK clients may connect to. */
export async function chatGateway(agent: AgentRunner, options: TestOptions = {}) {
  const { listen, dialect, ...rest } = options;
  const store = options.store ?? createMemoryStore();
  const failures: string[] = [];
  const onFailure = (error: unknown, during: string) => failures.push(`${during}: ${String(error)}`);
  const dialects = [aiSdkDialect(dialect)];
  const gateway = new GatewayServer({ store, agent, dialects, onFailure, ...rest });
  const forms = { "/api/chat": aiSdkHttp() };
  const { port } = await gateway.listen({ port: 0, forms, ...listen });
  const url = `ws://127.0.0.1:${port}/`;
  return {
    gateway,
    store,
    port,
    url,
    api: `http://127.0.0.1:${port}/api/chat`,
    failures,
    /** Opens a chat with the AI SDK's own transport. Its last socket is in `sockets`. */
    chat: (init: Partial<ChatInit<UIMessage>> = {}, protocols: string[] = ["ai-sdk-7"]) =>
      openChat(url, init, protocols),
    /** Opens a chat with the AI SDK's own transport over HTTP. */
    httpChat: (init: Partial<ChatInit<UIMessage>> = {}) => {
      const transport = new DefaultChatTransport({ api: `http://127.0.0.1:${port}/api/chat` });
      return new Chat<UIMessage>({ id: "chat-1", transport, ...init });
    },
    async [Symbol.asyncDispose]() {
      await gateway.close({ drainMs: 0 });
      await store.close();
    },
  };
}

export function openChat(
  url: string,
  init: Partial<ChatInit<UIMessage>> = {},
  protocols: string[] = ["ai-sdk-7"],
) {
  const sockets: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(to: string | URL, names?: string | string[]) {
      super(to, names);
      sockets.push(this);
    }
  }
  const webSocket = Watched as never;
  const transport = new WebSocketChatTransport({ url, protocols, webSocket });
  const chat = new Chat<UIMessage>({ id: "chat-1", transport, ...init });
  return Object.assign(chat, { sockets });
}

/** Resolves when a condition of a chat holds. Its changes are looked at as the page gets them. */
export async function until(chat: Chat<UIMessage>, isNow: () => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const check = () => {
      if (!isNow()) return;
      for (const stop of stops) stop();
      resolve();
    };
    const stops = [
      chat["~registerMessagesCallback"](check),
      chat["~registerStatusCallback"](check),
      chat["~registerErrorCallback"](check),
    ];
    check();
  });
}

/** Returns the text of a message. */
export function textOf(message: UIMessage | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** Returns the newest message of a chat. */
export function newest(chat: Chat<UIMessage>): UIMessage | undefined {
  return chat.messages.at(-1);
}

/** Returns the states of a message's tool calls, by name. */
export function callsOf(message: UIMessage | undefined): Record<string, string> {
  return Object.fromEntries(
    (message?.parts ?? []).flatMap((part) =>
      part.type === "dynamic-tool" ? [[part.toolName, part.state]] : [],
    ),
  );
}

/**
 * An agent that calls two tools in one turn: `list`, which reports progress, and `rm`, which asks
 * first. Then it answers.
 */
export function toolsAgent(listed: Promise<void> = Promise.resolve()): AgentRunner {
  return {
    async *run(input: AgentInput): AsyncGenerator<RunEvent> {
      const { runId, signal, decision } = input;
      const list = { callId: "call-list", toolName: "list", input: { path: "." } };
      const rm = { callId: "call-rm", toolName: "rm", input: { path: "a" } };
      const done = { type: "tool_done", runId, isError: false, timestamp: 1 } as const;
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "thinking", runId, messageId: `${runId}-1`, content: "Hm." };
      yield { type: "chunk", runId, messageId: `${runId}-1`, content: "Let me look." };
      const toolCalls = [list, rm];
      yield {
        type: "assistant_message",
        runId,
        id: `${runId}-1`,
        content: "Let me look.",
        blocks: [{ type: "thinking", text: "Hm." }],
        toolCalls,
        timestamp: 1,
      };
      yield { type: "tool_start", runId, ...list };
      yield { type: "tool_output", runId, callId: list.callId, content: "a\n" };
      yield { type: "approval_request", runId, callId: rm.callId, toolName: "rm", reason: "rm wants to run" };
      await Promise.race([listed, once(signal, "abort")]);
      yield { ...done, id: `${runId}-list`, callId: list.callId, toolName: "list", output: "a\nb" };
      const decided = (await decision?.(rm.callId, { signal }).catch(() => "deny" as const)) ?? "deny";
      if (!signal.aborted) yield { type: "approval_done", runId, callId: rm.callId, decision: decided };
      if (decided !== "deny") yield { type: "tool_start", runId, ...rm };
      const denied = { output: "Not allowed.", isError: true, isDenied: true };
      const removed = { output: "gone" };
      yield {
        ...done,
        id: `${runId}-rm`,
        callId: rm.callId,
        toolName: "rm",
        ...(decided === "deny" ? denied : removed),
      };
      yield { type: "chunk", runId, messageId: `${runId}-2`, content: "Done." };
      yield { type: "assistant_message", runId, id: `${runId}-2`, content: "Done.", timestamp: 1 };
      yield { type: "message_done", runId, content: "Let me look.Done." };
      const outcome = signal.aborted ? "aborted" : "completed";
      yield { type: "run_end", runId, outcome, usage: noUsage, timestamp: 1 };
    },
  };
}
