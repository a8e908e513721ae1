/**
 * The standard WebSocket interface, as far as the gateway needs it. Browsers, `ws` and others have
 * it.
 */
export interface WebSocketLike {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  /** 0 to 3, as in the standard: connecting, open, closing, closed. Absent: taken for open. */
  readonly readyState?: number;
  /**
   * The negotiated subprotocol, which selects the dialect. Without one, it is absent or empty.
   */
  readonly protocol?: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Ends the socket without waiting for the client, where the library can. */
  terminate?(): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  /** After an `error` comes a `close`, as in the standard. */
  addEventListener(type: "close" | "error", listener: () => void): void;
}

/** An open WebSocket, as a connection uses it. No method throws. */
export interface ClientSocket {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Ends the socket without waiting for the client. */
  terminate(): void;
  /** Passes what comes from now on to `receiver`, in place of an earlier one. */
  receive(receiver: Receiver): void;
}

/** The receiver of a client's frames: an object, as closures cost more for an idle connection. */
export interface Receiver {
  /** `frame` is a string, or anything else for a frame that is not text. */
  onFrame(frame: unknown): void;
  /** Called when the socket is closed. */
  onClosed(): void;
}
