import type { RequestError } from "./request-error.ts";

/** The version of OpenClaw's protocol that this package implements. */
export const PROTOCOL_VERSION = 4;

/** Writes the frames of one connection. Numbers its events from 1 without gaps. */
export class FrameWriter {
  readonly #send: (frame: string) => void;
  #seq = 0;

  constructor(send: (frame: string) => void) {
    this.#send = send;
  }

  /** Sends the event that opens a connection. It has no number. */
  challenge(nonce: string): void {
    this.#write({ type: "event", event: "connect.challenge", payload: { nonce, ts: Date.now() } });
  }

  emit(event: string, payload: object): void {
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
