import type { ClientEvent, NumberedEvent, ResyncEvent, ServerEvent } from "@mini-openclaw/protocol";
import { WebSocket } from "ws";
import type { Order } from "./story.ts";
import { type Place, Viewer } from "./viewer.ts";

/** A viewer that was written from PROTOCOL.md alone. */
export class RawViewer extends Viewer {
  readonly #place: Place;
  #socket: WebSocket | undefined;
  #sessionId = "";
  #epoch: string | undefined;
  #lastSeq = 0;
  #isAccepted = false;
  #isRunning = false;
  readonly #texts = new Map<string, string>();
  readonly #complete = new Set<string>();
  questionCount = 0;
  isLive = false;

  constructor(order: Order, place: Place) {
    super(order);
    this.#place = place;
    this.#connect();
  }

  get text(): string {
    return [...this.#texts.values()].join("");
  }

  get isOver(): boolean {
    return this.isLive && this.#isAccepted && this.questionCount > 0 && !this.#isRunning;
  }

  comeBack(): void {
    if (!this.mayConnect) return;
    this.#socket?.terminate();
    this.#connect();
  }

  close(): void {
    this.mayConnect = false;
    this.#socket?.terminate();
  }

  #connect(): void {
    this.isLive = false;
    const { url, host } = this.#place;
    const socket = new WebSocket(url, { headers: { host } });
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#socket === socket && this.mayConnect) this.#connect();
    });
    socket.on("message", (bytes: Buffer) => {
      if (this.#socket === socket) this.#receive(JSON.parse(bytes.toString()) as ServerEvent);
    });
  }

  #send(event: ClientEvent): void {
    this.#socket?.send(JSON.stringify(event));
  }

  #receive(frame: ServerEvent): void {
    if ("seq" in frame) this.#happened(frame);
    else if (frame.type === "connected") this.#greeted(frame.sessionId);
    else if (frame.type === "resync") this.#begin(frame);
    else if (frame.type === "resumed") {
      this.#epoch = frame.epoch;
      this.isLive = true;
    } else if (frame.type === "ack") this.#isAccepted = true;
    else if (frame.type === "error") this.faults.push(`refused: ${JSON.stringify(frame)}`);
    this.changed();
  }

  #greeted(sessionId: string): void {
    // A session without lines may be gone after a restart of the gateway.
    if (this.#lastSeq === 0) this.#sessionId = sessionId;
    const place = this.#epoch === undefined ? {} : { epoch: this.#epoch, after: this.#lastSeq };
    this.#send({ type: "resume", sessionId: this.#sessionId, ...place });
    if (this.#isAccepted) return;
    const content = JSON.stringify(this.order);
    this.#send({ type: "message", id: `story-${this.order.seed}`, sessionId: this.#sessionId, content });
  }

  #begin({ epoch, upTo, messages, runId }: ResyncEvent): void {
    this.#texts.clear();
    this.#complete.clear();
    this.#epoch = epoch;
    this.#lastSeq = upTo;
    this.#isRunning = runId !== undefined;
    this.questionCount = messages.filter(({ role }) => role === "user").length;
    for (const message of messages) {
      if (message.role === "assistant") this.#texts.set(message.id, message.content);
    }
    this.isLive = true;
  }

  #happened(event: NumberedEvent): void {
    if (!this.isLive || event.seq <= this.#lastSeq) return;
    this.#lastSeq = event.seq;
    this.eventCount += 1;
    if (event.type === "user_message") this.questionCount += 1;
    this.#isRunning = event.type !== "run_end";
    if (event.type === "chunk" && !this.#complete.has(event.messageId)) {
      this.#texts.set(event.messageId, (this.#texts.get(event.messageId) ?? "") + event.content);
    }
    if (event.type === "assistant_message") {
      this.#complete.add(event.id);
      this.#texts.set(event.id, event.content);
    }
  }
}
