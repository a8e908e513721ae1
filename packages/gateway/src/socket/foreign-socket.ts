import { swallowRejection } from "../shared/callbacks.ts";
import type { ClientSocket, Receiver, WebSocketLike } from "./web-socket.ts";

/**
 * A WebSocket of the app's own library, which may throw where the standard does not. The first
 * failure is reported, and closes the socket.
 */
export class ForeignSocket implements ClientSocket {
  readonly #socket: WebSocketLike;
  readonly #onFailure: (error: unknown) => void;
  readonly protocol: string | undefined;
  #receiver: Receiver | undefined;
  #hasFailed = false;

  constructor(socket: WebSocketLike, onFailure: (error: unknown) => void) {
    this.#socket = socket;
    this.#onFailure = onFailure;
    this.protocol = this.#attempt(() => socket.protocol);
  }

  /** True when the socket is closing, closed or failed. Its `close` event may be over already. */
  get isOver(): boolean {
    const readyState = this.#attempt(() => this.#socket.readyState) ?? 1;
    return this.#hasFailed || readyState > 1;
  }

  get bufferedAmount(): number {
    return this.#attempt(() => this.#socket.bufferedAmount) ?? 0;
  }

  send(text: string): void {
    this.#attempt(() => this.#socket.send(text));
  }

  close(code: number, reason: string): void {
    try {
      swallowRejection(this.#socket.close(code, reason));
    } catch {
      // The standard lets an app use 1000 and 3000 to 4999 only.
      this.#attempt(() => this.#socket.close());
    }
  }

  terminate(): void {
    this.#attempt(() => this.#socket.terminate?.());
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
    // An emitter's error without a listener would end the process. `close` follows it.
    this.#attempt(() => this.#socket.addEventListener("error", () => undefined));
    this.#attempt(() => this.#socket.addEventListener("close", () => receiver.onClosed()));
    const onMessage = (event: { data: unknown }) => this.#attempt(() => receiver.onFrame(event.data));
    this.#attempt(() => this.#socket.addEventListener("message", onMessage));
  }

  #attempt<Value>(work: () => Value): Value | undefined {
    try {
      const value = work();
      swallowRejection(value, (error) => this.#fail(error));
      return value;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#onFailure(error);
    this.close(1011, "the socket failed");
    // A socket that fails may not say that it is closed.
    this.#receiver?.onClosed();
  }
}
