import type { Client } from "@modelcontextprotocol/client";
import { followSignal } from "../shared/child-signal.ts";
import { sleep, timerDelay } from "../shared/timers.ts";
import {
  defineTool,
  type ToolContext,
  type ToolDefinition,
  type ToolResult,
  ToolTimeout,
} from "../tool-calls/define-tool.ts";
import { describeProgress, toToolResult } from "./call-result.ts";
import type { McpHttpServer, McpStdioServer } from "./config.ts";
import { cleanLines, describeError, isConnectionLost } from "./connection-errors.ts";
import { type OpenedTransport, openTransport } from "./open-transport.ts";
import { type ListedTool, nameTools, readTools } from "./tool-list.ts";
import { uncheckedSchema } from "./tool-schema.ts";

/** The state of a server, for people. */
export interface McpServerStatus {
  name: string;
  state: "connecting" | "connected" | "failed" | "closed";
  /** Number of its tools. */
  tools: number;
  /** The reason of a failure, with the end of its standard error. */
  error?: string;
  /** Tools that were left out, and why. */
  faults: readonly string[];
}

export interface McpServerDeps {
  name: string;
  config: McpStdioServer | McpHttpServer;
  workspaceDir: string;
  connectTimeoutMs: number;
  callTimeoutMs: number;
}

type Connection =
  | { is: "none" }
  | { is: "connecting"; client: Promise<Client>; stop: AbortController }
  | { is: "open"; client: Client; opened: OpenedTransport }
  | { is: "failed"; error: string }
  | { is: "closed" };

/** Pages of a list, and tools of a server, that are read. */
const MAX_PAGES = 50;
const MAX_TOOLS = 200;

/** From a change of the list to reading it, in milliseconds: servers send several at once. */
const DEBOUNCE_MS = 250;

/** Characters of a server's instructions that the prompt has. */
const MAX_INSTRUCTION_CHARS = 4000;

/**
 * One MCP server: its connection, its tools and its calls. Connects again for the next call after a
 * connection was lost.
 */
export class McpServer {
  readonly #deps: McpServerDeps;
  #connection: Connection = { is: "none" };
  #definitions: readonly ToolDefinition[] = [];
  #faults: readonly string[] = [];
  #instructions = "";

  constructor(deps: McpServerDeps) {
    this.#deps = deps;
  }

  get definitions(): readonly ToolDefinition[] {
    return this.#definitions;
  }

  /** The server's own text for the prompt, or empty if it has none. */
  get instructions(): string {
    return this.#instructions;
  }

  get status(): McpServerStatus {
    const { is } = this.#connection;
    const states = { none: "connecting", connecting: "connecting", open: "connected" } as const;
    return {
      name: this.#deps.name,
      state: is === "failed" || is === "closed" ? is : states[is],
      tools: this.#definitions.length,
      ...(this.#connection.is === "failed" && { error: this.#connection.error }),
      faults: this.#faults,
    };
  }

  /** Connects and reads the tools. Never rejects: the status has the reason of a failure. */
  async start(): Promise<void> {
    await this.#connect().catch(() => {});
  }

  /** Ends the connection and the server's process. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = { is: "closed" };
    if (connection.is === "connecting") {
      connection.stop.abort(closed());
      await connection.client.then(closeClient, () => {});
    }
    if (connection.is !== "open") return;
    await connection.opened.endSession().catch(() => {});
    await closeClient(connection.client);
  }

  #connect(): Promise<Client> {
    if (this.#connection.is === "open") return Promise.resolve(this.#connection.client);
    if (this.#connection.is === "connecting") return this.#connection.client;
    if (this.#connection.is === "closed") return Promise.reject(closed());
    const stop = new AbortController();
    const client = this.#open(stop.signal);
    this.#connection = { is: "connecting", client, stop };
    return client;
  }

  async #open(signal: AbortSignal): Promise<Client> {
    const { config, workspaceDir, connectTimeoutMs } = this.#deps;
    let opened: OpenedTransport | undefined;
    let client: Client | undefined;
    try {
      const sdk = await import("@modelcontextprotocol/client");
      opened = await openTransport(config, workspaceDir);
      client = new sdk.Client({ name: "mini-openclaw", version: "1.0.0" }, { capabilities: {} });
      const timeout = timerDelay(connectTimeoutMs);
      const connected = client.connect(opened.transport, { timeout });
      await withTimeout(this.#prepare(client, opened, connected), connectTimeoutMs, signal);
      this.#connection = { is: "open", client, opened };
      return client;
    } catch (error) {
      if (client) await closeClient(client);
      this.#lost(describeError(error, config), opened);
      throw error;
    }
  }

  /** Waits for a connection, and reads what the server has. */
  async #prepare(client: Client, opened: OpenedTransport, connected: Promise<void>): Promise<void> {
    await connected;
    client.onclose = () => {
      // An older connection may close when the next one is open.
      if (this.#connection.is === "open" && this.#connection.client === client)
        this.#lost("The connection was closed.", opened);
    };
    this.#listenForChanges(client);
    await this.#readList(client);
    this.#instructions = (client.getInstructions() ?? "").slice(0, MAX_INSTRUCTION_CHARS).trim();
  }

  #lost(reason: string, opened: OpenedTransport | undefined): void {
    if (this.#connection.is === "closed") return;
    const complaints = cleanLines(opened?.complaints() ?? "", this.#deps.config);
    this.#connection = { is: "failed", error: complaints === "" ? reason : `${reason}\n${complaints}` };
  }

  #listenForChanges(client: Client): void {
    let waiting: Promise<void> | undefined;
    client.setNotificationHandler("notifications/tools/list_changed", () => {
      waiting ??= sleep(DEBOUNCE_MS, new AbortController().signal).then(async () => {
        waiting = undefined;
        // The old list stays if this fails.
        await this.#readList(client).catch(() => {});
      });
    });
  }

  async #readList(client: Client): Promise<void> {
    const listed: unknown[] = [];
    let cursor: unknown;
    for (let page = 0; page < MAX_PAGES && listed.length < MAX_TOOLS; page += 1) {
      const params = typeof cursor === "string" ? { cursor } : {};
      const request = { method: "tools/list", params };
      const options = { timeout: timerDelay(this.#deps.connectTimeoutMs) };
      const result = toRecord(await client.request(request, anyResult, options));
      if (Array.isArray(result["tools"])) listed.push(...(result["tools"] as unknown[]));
      cursor = result["nextCursor"];
      if (typeof cursor !== "string") break;
    }
    const { tools, faults } = readTools(listed.slice(0, MAX_TOOLS));
    const names = nameTools(
      this.#deps.name,
      tools.map(({ name }) => name),
    );
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    this.#definitions = [...names].flatMap(([key, name]) => {
      const tool = byName.get(name);
      return tool ? [this.#define(key, tool)] : [];
    });
    this.#faults = listed.length > MAX_TOOLS ? [...faults, `Only ${MAX_TOOLS} tools are used.`] : faults;
  }

  #define(key: string, { name, description, form }: ListedTool): ToolDefinition {
    const { trust } = this.#deps.config;
    const isTrusted = typeof trust === "boolean" ? trust : trust.includes(name);
    return defineTool({
      name: key,
      description,
      parameters: uncheckedSchema(form.schema),
      sequential: true,
      timeoutMs: this.#deps.callTimeoutMs,
      // The server runs as the user, and its own hints about harmless tools are no facts.
      approval: isTrusted ? "allow" : "ask",
      execute: (input, context) => this.#call(name, form.toServer(input), context),
    });
  }

  async #call(name: string, input: Record<string, unknown>, context: ToolContext): Promise<ToolResult> {
    const { callTimeoutMs } = this.#deps;
    const client = await this.#connect().catch((error: unknown) => {
      const reason = describeError(error, this.#deps.config);
      throw new Error(`The MCP server ${this.#deps.name} cannot be reached: ${reason}`, { cause: error });
    });
    const stop = new AbortController();
    // The reason's text is sent to the server.
    const abort = () => stop.abort("The call was cancelled.");
    context.signal.addEventListener("abort", abort, { once: true });
    if (context.signal.aborted) abort();
    try {
      const result = await client.request(
        { method: "tools/call", params: { name, arguments: input } },
        anyResult,
        {
          signal: stop.signal,
          // Our own limit comes first: it has the better text.
          timeout: timerDelay(callTimeoutMs + 5000),
          resetTimeoutOnProgress: true,
          maxTotalTimeout: timerDelay(callTimeoutMs + 5000),
          onprogress: (progress) => context.progress(describeProgress(progress)),
        },
      );
      return toToolResult(result);
    } catch (error) {
      if (context.signal.aborted)
        throw new Error(`${describeEnd(context.signal)}; it may have run.`, { cause: error });
      if (isConnectionLost(error)) {
        if (this.#connection.is === "open" && this.#connection.client === client)
          this.#connection = { is: "none" };
        throw new Error(
          "The connection to the server was lost during the call; it may have run. The next call connects again.",
          { cause: error },
        );
      }
      throw new Error(describeError(error, this.#deps.config), { cause: error });
    } finally {
      context.signal.removeEventListener("abort", abort);
    }
  }
}

/** Returns the reason for which a call was ended: its time limit, or a user. */
function describeEnd({ reason }: AbortSignal): string {
  return reason instanceof ToolTimeout ? reason.message.replace(/\.$/, "") : "The call was cancelled";
}

async function closeClient(client: Client): Promise<void> {
  await client.close().catch(() => {});
}

function closed(): Error {
  return new Error("The agent is closed.");
}

/** Rejects when the time is over, or with the signal's reason. */
async function withTimeout<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T> {
  const stop = followSignal(signal);
  const timeIsOver = sleep(timeoutMs, stop.signal).then((): never => {
    throw new Error(`The server did not answer within ${timeoutMs} ms.`);
  });
  timeIsOver.catch(() => {});
  try {
    return await Promise.race([work, timeIsOver]);
  } finally {
    stop.abort(undefined);
    stop.dispose();
  }
}

/** Accepts any result: the SDK's own schemas discard the result of a tool that has run. */
const anyResult = {
  "~standard": {
    version: 1,
    vendor: "mini-openclaw",
    validate: (value: unknown) => ({ value }),
  },
} as const;

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
