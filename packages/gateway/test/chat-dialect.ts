import type { NumberedEvent, ServerEvent } from "@mini-openclaw/protocol";
import type { Dialect, DialectConnection, Readings, Translator } from "../src/index.ts";

/** A frame of a client. */
interface Ask {
  id: string;
  do: string;
  token?: string;
  chat?: string;
  text?: string;
  runId?: string;
  call?: { sessionId: string; callId: string };
}

/**
 * A dialect that uses every means of the gateway. It greets with a challenge, its clients prove in
 * a frame who they are, chats are sessions by key, each request has a stream of its own, and one
 * frame may need several commands.
 */
export const chatDialect: Dialect = {
  keyPrefix: "chat:",
  maxFrameBytes: 2_000_000,
  proof: { timeoutMs: 60_000, maxBytes: 1000 },
  connect(connection) {
    connection.send(JSON.stringify({ event: "challenge" }));
    return new ChatTranslator(connection);
  },
};

class ChatTranslator implements Translator {
  readonly #connection: DialectConnection;
  readonly #streams = new Map<string, AbortController>();

  constructor(connection: DialectConnection) {
    this.#connection = connection;
  }

  /** `hello` holds up later frames. Other requests are answered side by side. */
  read(frame: string): Readings | Promise<void> {
    const ask = JSON.parse(frame) as Ask;
    const { id, chat: key = "" } = ask;
    switch (ask.do) {
      case "hello":
        return this.#hello(ask);
      case "say":
        return void this.#stream(ask, { type: "message", id, key, content: ask.text ?? "" });
      case "replay":
        return void this.#stream(ask, { type: "resume", key, runId: ask.runId ?? "" });
      case "look":
        return void this.#stream(ask, { type: "resume", key });
      case "unlook":
        return this.#streams.get(ask.text ?? "")?.abort();
      case "again":
        return void this.#again(ask);
      case "reset":
        return void this.#answer(ask, { type: "create", key });
      case "list":
        return void this.#answer(ask, { type: "list", ...(ask.chat !== undefined && { key }) });
      case "say without events":
        return void this.#sayWithoutEvents(ask);
      case "approvals":
        return void this.#answer(ask, { type: "approvals" });
      case "allow": {
        const { sessionId = "", callId = "" } = ask.call ?? {};
        return void this.#answer(ask, { type: "approve", sessionId, callId, decision: "once" });
      }
      case "both":
        return [
          { ok: true, value: { type: "message", key, content: ask.text ?? "" } },
          { ok: true, value: { type: "abort", key, runId: "none", id: `${id}-2` } },
          { ok: true, value: { type: "list", id: `${id}-3` } },
        ];
      default:
        return { ok: false, code: "UNKNOWN_TYPE", message: `There is no ${ask.do}.`, id };
    }
  }

  /** Events that no request has asked for. */
  write(event: ServerEvent): string {
    if (event.type !== "session_summary") return JSON.stringify({ event: event.type, ...event });
    return JSON.stringify({ event: "chat", chat: this.#connection.keyOf(event.key), running: event.running });
  }

  async #hello({ id, token }: Ask): Promise<void> {
    const result = await this.#connection.authenticate(token);
    this.#send({ id, ...result, who: this.#connection.principal?.id });
    if (!result.ok) this.#connection.close(1008, "unauthorized");
  }

  async #stream({ id }: Ask, command: Parameters<DialectConnection["perform"]>[0]): Promise<void> {
    const abort = new AbortController();
    this.#streams.set(id, abort);
    const onEvent = (event: NumberedEvent) => this.#send({ id, of: event });
    this.#send({ id, answer: await this.#connection.perform(command, { onEvent, signal: abort.signal }) });
  }

  async #answer({ id }: Ask, command: Parameters<DialectConnection["perform"]>[0]): Promise<void> {
    this.#send({ id, answer: (await this.#connection.perform(command)) ?? null });
  }

  async #sayWithoutEvents({ id, chat: key = "", text: content = "" }: Ask): Promise<void> {
    const options = {
      onEvent: (event: NumberedEvent) => this.#send({ id, of: event }),
      signal: AbortSignal.abort(),
    };
    const answer = await this.#connection.perform({ type: "message", id, key, content }, options);
    this.#send({ id, answer });
  }

  /** Retries the newest run of a chat. Its frame needs two commands, one after the other. */
  async #again(ask: Ask): Promise<void> {
    const { chat: key = "" } = ask;
    const history = await this.#connection.perform({ type: "history", key, limit: 1 });
    if (history?.type !== "history") return this.#send({ id: ask.id, answer: history });
    const runId = history.messages[0]?.runId ?? "";
    await this.#stream(ask, { type: "retry", key, runId });
  }

  #send(frame: object): void {
    this.#connection.send(JSON.stringify(frame));
  }
}
