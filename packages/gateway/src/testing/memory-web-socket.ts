import type { Principal } from "../shared/principal.ts";
import type { WebSocketLike } from "../socket/web-socket.ts";

/**
 * A WebSocket without a network: the part of the standard interface that clients need, and a reader
 * that may stop.
 */
export interface MemoryWebSocket {
  readonly readyState: 0 | 1 | 2 | 3;
  /** UTF-16 units that were sent and that the other end has not read. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { data: string }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  /**
   * Reads nothing until `resume`: what comes meanwhile waits, and counts as the other end's
   * `bufferedAmount`.
   */
  pause(): void;
  resume(): void;
}

/** The part of a `GatewayServer` that a WebSocket in memory needs. */
interface Gateway {
  accept(webSocket: WebSocketLike, caller: { principal?: Principal; key?: string }): void;
}

/**
 * A class of WebSockets that lead to a gateway of this process, whatever their URL: for tests of an
 * app without ports. `connect({ url: "ws://memory/", WebSocket: memoryWebSocket(gateway) })` gives
 * the client package such a connection.
 *
 * As in `accept`, who comes is for the caller to say. What is sent arrives in order, never before
 * `send` has returned.
 */
export function memoryWebSocket(
  gateway: Gateway,
  caller: { principal?: Principal; key?: string } = {},
): new (
  url: string,
) => MemoryWebSocket {
  return class extends End {
    constructor(_url: string) {
      super();
      const other = new End();
      join(this, other);
      queueMicrotask(() => {
        if (this.readyState !== 0) return;
        gateway.accept(other, caller);
        this.open();
      });
    }
  };
}

const phases = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

interface Close {
  code: number;
  reason: string;
}

/** One end of a connection in memory. */
class End implements MemoryWebSocket {
  readyState: MemoryWebSocket["readyState"] = phases.connecting;
  readonly #target = new EventTarget();
  #peer: End | undefined;
  /** Unread frames, and the close reason at last. */
  #unread: (string | Close)[] = [];
  #isPaused = false;

  get bufferedAmount(): number {
    return this.#peer?.unreadLength ?? 0;
  }

  get unreadLength(): number {
    return this.#unread.reduce((sum, one) => sum + (typeof one === "string" ? one.length : 0), 0);
  }

  /**
   * Sends a frame, as in the standard. A closed socket accepts frames and drops them. A socket that
   * is not yet open throws.
   */
  send(text: string): void {
    if (this.readyState === phases.connecting) throw new DOMException("not open yet", "InvalidStateError");
    if (this.readyState === phases.open) this.#peer?.arrive(text);
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState >= phases.closing) return;
    this.readyState = phases.closing;
    this.#peer?.arrive({ code, reason });
    queueMicrotask(() => this.#end({ code, reason }));
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#target.addEventListener(type, listener as (event: Event) => void);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    queueMicrotask(() => this.#read());
  }

  /** Both ends are open from now on. */
  open(): void {
    this.readyState = phases.open;
    this.#emit("open", {});
  }

  meet(peer: End): void {
    this.#peer = peer;
  }

  arrive(one: string | Close): void {
    this.#unread.push(one);
    queueMicrotask(() => this.#read());
  }

  #read(): void {
    while (!this.#isPaused && this.readyState < phases.closed) {
      const one = this.#unread.shift();
      if (one === undefined) return;
      if (typeof one === "string") this.#emit("message", { data: one });
      else this.#end(one);
    }
  }

  #end(close: Close): void {
    if (this.readyState === phases.closed) return;
    this.readyState = phases.closed;
    this.#emit("close", close);
  }

  #emit(type: string, fields: object): void {
    this.#target.dispatchEvent(Object.assign(new Event(type), fields));
  }
}

function join(one: End, other: End): void {
  one.meet(other);
  other.meet(one);
  other.readyState = phases.open;
}
