import { Chat } from "@ai-sdk/react";
import { type Client, connect, type Session } from "@mini-openclaw/client";
import { type ChatTransport, DefaultChatTransport, type UIMessage, WebSocketChatTransport } from "ai";
import { WebSocket } from "ws";

/** A message as all viewers have it: its role and its text. */
export type Said = readonly [role: string, text: string];

/** The end of a line to the gateway, or the gateway itself. */
interface Place {
  readonly port: number;
}

/** A client that may lose its connection at any time. */
export interface StormViewer {
  /** Sends a message under an id, as often as it takes. Resolves when its answer has come. */
  ask(id: string, text: string): Promise<void>;
  /** Resolves when the viewer has all that happened. */
  settle(): Promise<void>;
  /** Allows the tool call that waits for a decision, as soon as the viewer has it. */
  approve(): Promise<void>;
  /** The messages that the viewer has, oldest first. */
  readonly said: readonly Said[];
  close(): void;
}

/** Returns the AI SDK's own transport over a socket. */
export function socketTransport({ port }: Place) {
  return new WebSocketChatTransport<UIMessage>({
    url: `ws://127.0.0.1:${port}/`,
    protocols: ["ai-sdk-7"],
    webSocket: WebSocket as never,
  });
}

/** Returns the AI SDK's own transport over HTTP, where the gateway has the form at `/api/chat`. */
export function httpTransport({ port }: Place) {
  return new DefaultChatTransport<UIMessage>({ api: `http://127.0.0.1:${port}/api/chat` });
}

/** A chat of the AI SDK. */
export class ChatViewer implements StormViewer {
  readonly #chat: Chat<UIMessage>;
  readonly #transport: ChatTransport<UIMessage> & { close?(): void };

  constructor(chatId: string, transport: ChatTransport<UIMessage>) {
    this.#transport = transport;
    this.#chat = new Chat<UIMessage>({ id: chatId, transport });
  }

  async ask(id: string, text: string): Promise<void> {
    const chat = this.#chat;
    await chat.sendMessage({ id, role: "user", parts: [{ type: "text", text }] });
    while (chat.status === "error") {
      // Without an answer, the client does not know if its message has arrived.
      if (chat.messages.at(-1)?.role === "user") await chat.sendMessage();
      else await chat.resumeStream();
    }
  }

  async settle(): Promise<void> {
    do await this.#chat.resumeStream();
    while (this.#chat.status === "error");
  }

  async approve(): Promise<void> {
    const chat = this.#chat;
    await this.settle();
    const parts = chat.messages.at(-1)?.parts ?? [];
    for (const part of parts)
      if (part.type === "dynamic-tool" && part.state === "approval-requested")
        await chat.addToolApprovalResponse({ id: part.approval.id, approved: true });
    await chat.sendMessage();
  }

  get said(): Said[] {
    return this.#chat.messages.map(({ role, parts }) => {
      return [role, parts.map((part) => (part.type === "text" ? part.text : "")).join("")];
    });
  }

  close(): void {
    this.#transport.close?.();
  }
}

interface Frame {
  id?: string;
  ok?: boolean;
  event?: string;
  payload?: {
    messages?: Row[];
    message?: Row;
    runId?: string;
    state?: string;
    deltaText?: string;
    status?: string;
  };
}

interface Row {
  role: string;
  content: string | { text: string }[];
  __openclaw: { id: string; seq: number };
}

/** A client of OpenClaw's protocol that connects again at once. */
export class OpenClawViewer implements StormViewer {
  readonly #place: Place;
  readonly #sessionKey: string;
  /** The messages by their numbers. A new one may come before the older ones are loaded. */
  readonly #rows = new Map<number, Said>();
  readonly #ended = new Set<string>();
  readonly #responses = new Map<string, Frame>();
  #socket: WebSocket | undefined;
  #lastId = 0;

  constructor(sessionKey: string, place: Place) {
    this.#sessionKey = sessionKey;
    this.#place = place;
  }

  async ask(id: string, text: string): Promise<void> {
    const params = { sessionKey: this.#sessionKey, message: text, idempotencyKey: id };
    while (!this.#ended.has(id)) {
      try {
        const socket = await this.#connected();
        const { status } = await this.#request(socket, "chat.send", params);
        if (status === "ok") this.#ended.add(id);
        await until(socket, () => this.#ended.has(id));
      } catch {
        // The connection is gone.
      }
    }
  }

  async settle(): Promise<void> {
    for (;;) {
      try {
        const socket = await this.#connected();
        await this.#request(socket, "health");
        return;
      } catch {
        // The connection is gone.
      }
    }
  }

  async approve(): Promise<void> {
    const socket = await this.#connected();
    const waiting = (await this.#request(socket, "plugin.approval.list")) as { id: string }[];
    for (const { id } of waiting)
      await this.#request(socket, "plugin.approval.resolve", { id, decision: "allow-once" });
  }

  get said(): Said[] {
    return [...this.#rows].sort(([one], [other]) => one - other).map(([, said]) => said);
  }

  close(): void {
    this.#socket?.close();
  }

  /** Connects and loads the messages, if the connection is gone. */
  async #connected(): Promise<WebSocket> {
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#socket;
    const socket = new WebSocket(`ws://127.0.0.1:${this.#place.port}/openclaw`);
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("message", (bytes: Buffer) => this.#take(JSON.parse(String(bytes)) as Frame));
    await until(socket, () => socket.readyState === WebSocket.OPEN);
    const client = { id: "test", version: "1", platform: "linux", mode: "test" };
    await this.#request(socket, "connect", { minProtocol: 4, maxProtocol: 4, client });
    await this.#request(socket, "chat.history", { sessionKey: this.#sessionKey, limit: 1000 });
    return socket;
  }

  async #request(
    socket: WebSocket,
    method: string,
    params: object = {},
  ): Promise<NonNullable<Frame["payload"]>> {
    this.#lastId += 1;
    const id = `r${this.#lastId}`;
    socket.send(JSON.stringify({ type: "req", id, method, params }));
    await until(socket, () => this.#responses.has(id));
    const { ok, payload } = this.#responses.get(id) as Frame;
    if (ok !== true) throw new Error(`${method} was refused.`);
    return payload ?? {};
  }

  #take(frame: Frame): void {
    const { id, event, payload = {} } = frame;
    if (id !== undefined) this.#responses.set(id, frame);
    for (const row of payload.messages ?? []) this.#add(row);
    if (event === "session.message" && payload.message) this.#add(payload.message);
    if (event === "chat" && payload.state === "final") this.#ended.add(payload.runId ?? "");
  }

  #add({ role, content, __openclaw: { seq } }: Row): void {
    const text = typeof content === "string" ? content : content.map((part) => part.text).join("");
    this.#rows.set(seq, [role, text]);
  }
}

/** Resolves when it is so. Looks after each frame. Rejects when the connection is gone. */
async function until(socket: WebSocket, isSo: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (isSo()) resolve();
      else if (socket.readyState === WebSocket.CLOSED) reject(new Error("The connection is gone."));
      else return;
      for (const event of ["open", "message", "close"]) socket.off(event, look);
    };
    for (const event of ["open", "message", "close"]) socket.on(event, look);
    look();
  });
}

/** A client of the client package. */
export class NativeViewer implements StormViewer {
  readonly #client: Client;
  readonly #session: Session;

  /** Without a `sessionId`, the session is one of its own. */
  constructor(name: string, { port }: Place, sessionId?: string) {
    this.#client = connect({
      url: `ws://127.0.0.1:${port}/?${name}`,
      WebSocket,
      onFailure: () => undefined,
    });
    this.#client.subscribe(() => queueMicrotask(() => this.#client.retryNow()));
    this.#session = this.#client.session(sessionId);
  }

  async ask(id: string, text: string): Promise<void> {
    const { runId } = await this.#session.send(text, { id });
    await this.#until(({ view }) => {
      const isKnown = view.items.some((item) => item.kind === "assistant" && item.runId === runId);
      return isKnown && !view.activeRuns.includes(runId);
    });
  }

  async settle(): Promise<void> {
    await this.#until(({ phase, view }) => phase === "live" && view.activeRuns.length === 0);
  }

  async approve(): Promise<void> {
    await this.#session.approve(await this.untilAsked(), "once");
  }

  /** Resolves with the id of the tool call that waits for a decision. */
  async untilAsked(): Promise<string> {
    let callId: string | undefined;
    await this.#until(({ view }) => {
      const item = view.items.find((one) => one.kind === "tool" && one.asksFor !== undefined);
      callId = item?.kind === "tool" ? item.callId : undefined;
      return callId !== undefined;
    });
    return callId ?? "";
  }

  get said(): Said[] {
    return this.#session.getSnapshot().view.items.flatMap((item): Said[] => {
      return item.kind === "user" || item.kind === "assistant" ? [[item.kind, item.content]] : [];
    });
  }

  close(): void {
    this.#client.close();
  }

  async #until(isSo: (snapshot: ReturnType<Session["getSnapshot"]>) => boolean): Promise<void> {
    if (isSo(this.#session.getSnapshot())) return;
    await new Promise<void>((resolve) => {
      const stop = this.#session.subscribe(() => {
        if (!isSo(this.#session.getSnapshot())) return;
        stop();
        resolve();
      });
    });
  }
}
