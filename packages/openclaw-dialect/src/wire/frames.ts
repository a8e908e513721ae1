import type { RequestError } from "./request-error.ts";

/** The version of OpenClaw's protocol that this package implements. */
export const PROTOCOL_VERSION = 4;

/** Writes the frames of one connection. Numbers its events from 1 without gaps. */
export class FrameWriter {
  readonly #send: (frame: string) => void;
  #seq = 0;
  /** The events that wait for a response. */
  #held: [event: string, payload: object][] | undefined;

  constructor(send: (frame: string) => void) {
    this.#send = send;
  }

  /** Sends the event that opens a connection. It has no number. */
  challenge(nonce: string): void {
    this.#write({ type: "event", event: "connect.challenge", payload: { nonce, ts: Date.now() } });
  }

  /**
   * Holds back events until `release`, so that a client gets the response to a message before the
   * events of its run. Clients expect this order.
   */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [event, payload] of held) this.emit(event, payload);
  }

  emit(event: string, payload: object): void {
    if (this.#held) {
      this.#held.push([event, payload]);
      return;
    }
    this.#seq += 1;
    this.#write({ type: "event", event, payload, seq: this.#seq });
  }

  respond(id: string, payload: unknown): void {
    this.#write({ type: "res", id, ok: true, payload });
  }

  refuse(id: string, { code, message, details, retryAfterMs }: RequestError): void {
    const isRetryable = code === "UNAVAILABLE";
    const error = {
      code,
      message,
      ...(details && { details }),
      ...(isRetryable && { retryable: true }),
      ...(retryAfterMs !== undefined && { retryAfterMs: Math.ceil(retryAfterMs) }),
    };
    this.#write({ type: "res", id, ok: false, error });
  }

  #write(frame: object): void {
    this.#send(JSON.stringify(frame));
  }
}
