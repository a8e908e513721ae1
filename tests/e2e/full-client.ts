import { once } from "node:events";
import { WebSocket } from "ws";

/** A frame, as far as the tests look into it. */
export interface Frame {
  type: string;
  seq?: number;
  sessionId?: string;
  runId?: string;
  content?: string;
}

/**
 * A client that knows numbers: it keeps recorded events and answers apart, and begins anew when it
 * resumes.
 */
export class FullClient {
  readonly events: Frame[] = [];
  readonly answers: Frame[] = [];
  readonly closed: Promise<unknown>;
  readonly #socket: WebSocket;
  sessionId = "";

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.closed = once(this.#socket, "close");
    this.#socket.on("message", (text: Buffer) => this.#take(JSON.parse(text.toString()) as Frame));
  }

  send(event: object): void {
    this.#socket.send(JSON.stringify(event));
  }

  async nextEvent(): Promise<void> {
    await once(this.#socket, "frame");
  }

  async until(type: string): Promise<Frame> {
    return this.#find(this.events, type);
  }

  async untilAnswer(type: string): Promise<Frame> {
    return this.#find(this.answers, type);
  }

  async #find(frames: readonly Frame[], type: string): Promise<Frame> {
    for (;;) {
      const found = frames.find((frame) => frame.type === type);
      if (found) return found;
      await once(this.#socket, "frame");
    }
  }

  #take(frame: Frame): void {
    if (frame.type === "connected") {
      this.sessionId = frame.sessionId ?? "";
      this.#socket.emit("connected");
    } else if (frame.seq !== undefined) {
      this.events.push(frame);
    } else {
      // Events of the watch before it do not count.
      if (frame.type === "resumed") this.events.length = 0;
      this.answers.push(frame);
    }
    this.#socket.emit("frame");
  }

  async connected(): Promise<this> {
    if (this.sessionId === "") await once(this.#socket, "connected");
    return this;
  }
}

export function connectFullClient(url: string): Promise<FullClient> {
  return new FullClient(url).connected();
}
