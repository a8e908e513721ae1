import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ClientEvent,
  defaultLimits,
  type MessageCommand,
  type MessageEntry,
  type NumberedEvent,
  type RunEvent,
  type ServerEvent,
  type SessionEvent,
} from "@mini-openclaw/protocol";
import { parseClientEvent } from "@mini-openclaw/protocol/schema";
import { serveWebChat, type WebChatOptions } from "@mini-openclaw/web-chat";
import { type WebSocket, WebSocketServer } from "ws";

/** What the model of a fake gateway does with a message: events of its run, between `run_start` and `run_end`. */
export type Answer = (message: MessageCommand, run: FakeRun) => void | Promise<void>;

/** Shows events of one run to everybody who watches. */
export interface FakeRun {
  readonly runId: string;
  /** Resolves when the user stopped the run. */
  readonly stopped: Promise<void>;
  readonly show: (event: WithoutRun<RunEvent>) => void;
}

type WithoutRun<Event> = Event extends unknown ? Omit<Event, "runId"> : never;

/** A gateway with one session that keeps to the wire, whose every step a test decides. */
export interface FakeGateway extends AsyncDisposable {
  readonly url: string;
  /** Every frame that a page sent, pings aside. */
  readonly received: ClientEvent[];
  /** The messages that the session already has. */
  readonly transcript: MessageEntry[];
  answer: Answer;
  /** Cuts every connection, as a dead network would. */
  cut(): void;
  /** Stops listening, without a word to anybody. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
  /** Shows events of the session that no message set off. */
  show(...events: SessionEvent[]): void;
  /** Called with each frame before it is handled; true: the frame is lost. */
  loses: (event: ClientEvent) => boolean;
  /** Whether WebSocket connections are refused, as those without a token are. */
  isLocked: boolean;
}

export async function startFakeGateway(
  options: WebChatOptions & { answer?: Answer } = {},
): Promise<FakeGateway> {
  const sockets = new Set<WebSocket>();
  const stops = new Map<string, () => void>();
  const handler = serveWebChat(options);
  let server: Server | undefined;
  let port = 0;
  let seq = 0;
  let sessionCount = 1;
  let runCount = 0;

  const sessionId = () => `session-${sessionCount}`;
  const sendTo = (socket: WebSocket, event: ServerEvent) => socket.send(JSON.stringify(event));
  const connected = () => ({ type: "connected", sessionId: sessionId(), limits: defaultLimits }) as const;

  function show(...events: SessionEvent[]): void {
    for (const event of events) {
      seq += 1;
      const numbered: NumberedEvent = { ...event, sessionId: sessionId(), seq };
      for (const socket of sockets) sendTo(socket, numbered);
    }
  }

  async function run(socket: WebSocket, message: MessageCommand): Promise<void> {
    runCount += 1;
    const runId = `run-${runCount}`;
    const { id: requestId, content } = message;
    const timestamp = Date.now();
    const user = { runId, id: `user-${runCount}`, content, timestamp, ...(requestId ? { requestId } : {}) };
    show({ type: "user_message", ...user });
    gateway.transcript.push({ role: "user", seq, ...user });
    if (requestId)
      sendTo(socket, { type: "ack", replyTo: requestId, sessionId: sessionId(), runId, position: 0 });
    show({ type: "run_start", runId, timestamp });
    const isStopped = { value: false };
    const stopped = new Promise<void>((resolve) => {
      stops.set(runId, () => {
        isStopped.value = true;
        resolve();
      });
    });
    await gateway.answer(message, {
      runId,
      stopped,
      show: (event) => show({ ...event, runId } as SessionEvent),
    });
    show({ type: "message_done", runId, content: "" });
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const outcome = isStopped.value ? "aborted" : "completed";
    show({ type: "run_end", runId, outcome, usage, timestamp });
  }

  async function handle(socket: WebSocket, event: ClientEvent): Promise<void> {
    if (event.type === "ping") return sendTo(socket, { type: "pong" });
    gateway.received.push(event);
    if (gateway.loses(event)) return;
    const replyTo = event.id === undefined ? {} : { replyTo: event.id };
    switch (event.type) {
      case "message":
        return run(socket, event);
      case "abort":
        return stops.get(event.runId ?? "")?.();
      case "create":
        sessionCount += 1;
        seq = 0;
        gateway.transcript.length = 0;
        return sendTo(socket, { ...connected(), ...replyTo });
      case "history": {
        const { before = Number.POSITIVE_INFINITY, limit = 50 } = event;
        const found = gateway.transcript.filter((entry) => entry.seq < before);
        const messages = found.slice(-limit);
        const hasMore = found.length > messages.length;
        return sendTo(socket, { type: "history", sessionId: sessionId(), messages, hasMore, ...replyTo });
      }
    }
  }

  const gateway: FakeGateway = {
    get url() {
      return `http://127.0.0.1:${port}${options.basePath ?? "/"}`;
    },
    received: [],
    transcript: [],
    answer: options.answer ?? (() => {}),
    loses: () => false,
    isLocked: false,
    show,
    cut() {
      for (const socket of sockets) socket.terminate();
    },
    async start() {
      const created = createServer((request, response) => {
        if (!handler(request, response)) response.writeHead(404).end();
      });
      const webSockets = new WebSocketServer({ server: created, verifyClient: () => !gateway.isLocked });
      webSockets.on("connection", (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        socket.on("message", (frame: Buffer) => {
          const parsed = parseClientEvent(frame.toString());
          if (!parsed.ok) throw new Error(parsed.message);
          void handle(socket, parsed.value);
        });
        sendTo(socket, connected());
      });
      created.listen(port, "127.0.0.1");
      await once(created, "listening");
      ({ port } = created.address() as AddressInfo);
      server = created;
    },
    async stop() {
      gateway.cut();
      const closing = server;
      server = undefined;
      if (!closing) return;
      closing.close();
      closing.closeAllConnections();
      await once(closing, "close");
    },
    [Symbol.asyncDispose]: () => gateway.stop(),
  };
  await gateway.start();
  return gateway;
}
