import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { GatewayServer, type WebSocketLike } from "@mini-openclaw/gateway";
import {
  type AgentInput,
  type AgentRunner,
  type ApprovalDecision,
  addUsage,
  type ClientEvent,
  type ContentBlock,
  noUsage,
  type RunEvent,
  type SessionStore,
  type Usage,
} from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat, type WebChatOptions } from "@mini-openclaw/web-chat";
import { type WebSocket, WebSocketServer } from "ws";
import { createWire } from "./wire.ts";

/** Emits the events of a run for a message, between `run_start` and `run_end`. */
export type Answer = (
  message: { content: string; blocks?: ContentBlock[] },
  run: TestRun,
) => void | Promise<void>;

/** Records events of one run. The ids in them are made the run's own. */
export interface TestRun {
  readonly runId: string;
  /** Resolves when the user stopped the run. */
  readonly stopped: Promise<void>;
  readonly show: (event: WithoutRun<RunEvent>) => void;
  /** Asks for a decision on a call that was shown, and resolves with it. */
  readonly ask: (
    call: { callId: string; toolName: string },
    reason: string,
    code?: string,
  ) => Promise<ApprovalDecision>;
}

type WithoutRun<Event> = Event extends unknown ? Omit<Event, "runId"> : never;

/** A real gateway with the page, whose agent does what a test decides. */
export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly store: SessionStore;
  /** Every frame that a page sent, pings aside. */
  readonly received: ClientEvent[];
  answer: Answer;
  /** Cuts every connection, as a dead network would. */
  cut(): void;
  /**
   * Resets all connections and accepts no more, without a close frame. Runs continue, and nobody
   * else gets its port.
   */
  stop(): void;
  /** Stops as a gateway does that is asked to: resolves when its runs have ended. */
  drain(): Promise<void>;
  /** Closes every connection as one that it does not want again. */
  refuse(): void;
  /** Accepts connections again. */
  start(): void;
  /** Called with each frame before the gateway gets it; true: the frame is lost. */
  loses: (event: ClientEvent) => boolean;
  /** True if WebSocket connections are refused, like those without a token. */
  isLocked: boolean;
}

/** A page of an app, beside WebChat. */
export interface OwnPage {
  readonly html: string;
  /** The page's Content-Security-Policy. */
  readonly policy: string;
}

interface TestOptions extends WebChatOptions {
  answer?: Answer;
  ownPage?: OwnPage;
  /** True if the gateway's HTTP routes are served beside the page. */
  servesHttp?: boolean;
  /** Answers requests of the app itself. Returns false for others. */
  serve?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function startGateway(options: TestOptions = {}): Promise<TestGateway> {
  const sockets = new Set<Socket>();
  const { answer = () => {}, ownPage, servesHttp = false, serve, ...pageOptions } = options;
  const handler = serveWebChat(pageOptions);
  const webSockets = new WebSocketServer({ noServer: true });
  const store = createMemoryStore();
  const server = createServer((request, response) => {
    if (ownPage && request.url === "/app") {
      const headers = { "content-type": "text/html", "content-security-policy": ownPage.policy };
      return void response.writeHead(200, headers).end(ownPage.html);
    }
    if (serve?.(request, response) || handler(request, response)) return;
    if (!(servesHttp && inner.handleRequest(request, response))) response.writeHead(404).end();
  });
  let isStopped = false;

  const agent: AgentRunner = {
    run: (input) => runAnswer(gateway.answer, input),
  };
  const inner = new GatewayServer({ store, agent });

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (gateway.isLocked) return void socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      inner.accept(observed(webSocket, gateway)),
    );
  }

  const gateway: TestGateway = {
    get url() {
      return `http://127.0.0.1:${port}${options.basePath ?? "/"}`;
    },
    store,
    received: [],
    answer,
    loses: () => false,
    isLocked: false,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    drain: () => inner.close({ drainMs: 60_000 }),
    refuse() {
      for (const webSocket of webSockets.clients) webSocket.close(1008, "not this one");
    },
    start() {
      isStopped = false;
    },
    stop() {
      isStopped = true;
      gateway.cut();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      gateway.cut();
      await once(server, "close");
      await inner.close({ drainMs: 0 });
      await store.close();
    },
  };
  server.on("connection", (socket: Socket) => {
    if (isStopped) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return gateway;
}

async function* runAnswer(
  answer: Answer,
  { runId, messages, signal, decision }: AgentInput,
): AsyncGenerator<RunEvent> {
  const shown: RunEvent[] = [];
  let [usage, costUsd]: [Usage, number | undefined] = [noUsage, undefined];
  let onAsked = () => {};
  const changed = new EventEmitter();
  let isOver = false;
  const stopped = signal.aborted ? Promise.resolve() : once(signal, "abort").then(() => {});
  const show = (event: WithoutRun<RunEvent>) => {
    if (event.type === "assistant_message") {
      usage = addUsage(usage, event.usage ?? noUsage);
      if (event.costUsd !== undefined) costUsd = (costUsd ?? 0) + event.costUsd;
    }
    shown.push(withOwnIds(event, runId));
    changed.emit("change");
  };
  async function ask(
    { callId, toolName }: { callId: string; toolName: string },
    reason: string,
    code?: string,
  ) {
    show({ type: "approval_request", callId, toolName, reason, ...(code !== undefined && { code }) });
    await new Promise<void>((resolve) => {
      onAsked = resolve;
    });
    const decided = (await decision?.(`${runId}-${callId}`, { signal })) ?? "deny";
    show({ type: "approval_done", callId, decision: decided });
    return decided;
  }
  yield { type: "run_start", runId, timestamp: 1 };
  const answering = (async () => {
    try {
      const last = messages.at(-1);
      const blocks = last?.role === "user" ? last.blocks : undefined;
      await answer(
        { content: last?.content ?? "", ...(blocks && { blocks }) },
        { runId, stopped, show, ask },
      );
    } finally {
      isOver = true;
      changed.emit("change");
    }
  })();
  // A failure is thrown where the answer ends, below.
  answering.catch(() => undefined);
  for (;;) {
    const event = shown.shift();
    if (event) {
      yield event;
      // Recorded, and so shown: now it can be decided on.
      if (event.type === "approval_request") onAsked();
    } else if (isOver) break;
    else await once(changed, "change");
  }
  await answering;
  const outcome = signal.aborted ? "aborted" : "completed";
  const cost = costUsd === undefined ? {} : { costUsd };
  yield { type: "run_end", runId, outcome, usage, timestamp: 1, ...cost };
}

/** The answers of a test use short ids again and again; in a session each is given once. */
function withOwnIds(event: WithoutRun<RunEvent>, runId: string): RunEvent {
  const own = JSON.stringify({ ...event, runId }, (field, value: unknown) =>
    ["id", "messageId", "callId"].includes(field) ? `${runId}-${String(value)}` : value,
  );
  return JSON.parse(own) as RunEvent;
}

/** The socket, with an ear at what comes from the page. */
function observed(webSocket: WebSocket, gateway: TestGateway): WebSocketLike {
  const [toPage, fromPage] = [createWire(), createWire()];
  return {
    get bufferedAmount() {
      return webSocket.bufferedAmount;
    },
    send: (text) => toPage(() => webSocket.send(text)),
    close: (code, reason) => toPage(() => webSocket.close(code, reason)),
    addEventListener(type: string, listener: (event: { data: unknown }) => void) {
      if (type !== "message") {
        webSocket.addEventListener(type as "close", () => listener({ data: undefined }));
        return;
      }
      webSocket.addEventListener("message", (event) => {
        const { data } = event;
        if (typeof data !== "string") throw new TypeError("the page sent a binary frame");
        const frame = JSON.parse(data) as ClientEvent;
        fromPage(() => {
          if (frame.type !== "ping") gateway.received.push(frame);
          if (!gateway.loses(frame)) listener({ data });
        });
      });
    },
  };
}
