import type { IncomingMessage } from "node:http";
import process from "node:process";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { type Beating, Heartbeat, UNKNOWN } from "./heartbeat.ts";
import type { ClientSocket, Receiver } from "./web-socket.ts";

/** A WebSocket whose client can be made to wait. */
export interface UpgradedSocket extends ClientSocket {
  /** Reads no more from the client. */
  pause(): void;
}

/**
 * Turns an upgrade that was let in into a WebSocket, or answers what is wrong with its handshake.
 */
export type Upgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onOpen: (webSocket: UpgradedSocket) => void,
) => void;

interface UpgradeOptions {
  maxFrameBytes: number;
  heartbeatMs: number;
  /** Which of the subprotocols that a client offers is taken. */
  chooseSubprotocol: (offered: Iterable<string>) => string | false;
}

const nobody: Receiver = { onFrame: () => {}, onClosed: () => {} };

/**
 * A WebSocket of `ws`. The frames of one moment are sent in one write, as each write costs as much
 * as the rest of a frame's way; they leave after what was begun in the same breath, such as the
 * request to the model. Listeners are shared functions, because closures are half of the cost of
 * an idle connection.
 */
class GatheringWebSocket extends WebSocket implements UpgradedSocket, Beating {
  stream!: Duplex;
  beatsAt = 0;
  came = UNKNOWN;
  #receiver = nobody;
  /** The frames of this moment. Each character is a byte. */
  #waiting = "";

  /** Begins on the socket of the upgrade. */
  begin(socket: Duplex, passClose: (this: WebSocket) => void): void {
    this.stream = socket;
    // Without a listener a broken frame would end the process. `close` follows it.
    this.on("error", ignore);
    this.on("close", passClose);
    this.on("message", passFrame);
  }

  receive(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  override send(text: string): void {
    if (this.#waiting === "") process.nextTick(releaseSoon, this);
    if (text.length <= MAX_WAITING_CHARS) this.#waiting += toFrame(text);
    else {
      this.release();
      super.send(text);
    }
    if (this.#waiting.length > MAX_WAITING_CHARS) this.release();
  }

  override close(code?: number, reason?: string): void {
    this.release();
    super.close(code, reason);
  }

  /** Writes the frames that wait. */
  release(): void {
    const frames = this.#waiting;
    this.#waiting = "";
    if (frames !== "" && this.readyState === WebSocket.OPEN) this.stream.write(frames, "latin1");
  }

  passFrame(frame: unknown): void {
    this.#receiver.onFrame(frame);
  }

  passClose(): void {
    this.#receiver.onClosed();
  }
}

function ignore(): void {}

function passFrame(this: WebSocket, data: Buffer, isBinary: boolean): void {
  (this as GatheringWebSocket).passFrame(isBinary ? data : data.toString());
}

/** Waits for the work that this turn has begun. It is in the same queue, and goes first. */
function releaseSoon(webSocket: GatheringWebSocket): void {
  process.nextTick(release, webSocket);
}

function release(webSocket: GatheringWebSocket): void {
  webSocket.release();
}

/**
 * Returns the bytes of a text frame, of which each one is a character. A string that the socket
 * takes as it is costs less than the two buffers that `ws` writes. Source: RFC 6455 § 5.2.
 */
function toFrame(text: string): string {
  const length = Buffer.byteLength(text);
  const payload = length === text.length ? text : Buffer.from(text).toString("latin1");
  if (length < 126) return String.fromCharCode(TEXT_FRAME, length) + payload;
  if (length < 65_536) return String.fromCharCode(TEXT_FRAME, 126, length >> 8, length & 0xff) + payload;
  const high = [0, 0, 0, 0, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return String.fromCharCode(TEXT_FRAME, 127, ...high) + payload;
}

/** A whole message of text. */
const TEXT_FRAME = 0x81;

/** Larger frames gain nothing by a copy, and `bufferedAmount` counts no frame that waits. */
const MAX_WAITING_CHARS = 65_536;

/** The only place that knows `ws`. */
export function createUpgrade({ maxFrameBytes, heartbeatMs, chooseSubprotocol }: UpgradeOptions): Upgrade {
  const options = {
    noServer: true,
    WebSocket: GatheringWebSocket,
    maxPayload: maxFrameBytes,
    // Costs 250 KiB a connection; measured.
    perMessageDeflate: false,
    clientTracking: false,
    // A client has no reason to send a frame in many pieces. `ws` allows 16,384 and 262,144.
    maxFragments: 1024,
    maxBufferedChunks: 65_536,
    // A client that has not answered a close frame within 5 s never does. `ws` waits 30 s.
    closeTimeout: 5000,
    // Never the first one offered, as `ws` does by itself: that may be the token.
    handleProtocols: chooseSubprotocol,
  } as const;
  const server = new WebSocketServer(options);
  const heartbeat = new Heartbeat(heartbeatMs);
  // One for all sockets, which need no field for the heartbeat.
  function passClose(this: WebSocket): void {
    const webSocket = this as GatheringWebSocket;
    heartbeat.forget(webSocket);
    webSocket.passClose();
  }
  return (request, socket, head, onOpen) =>
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.begin(socket, passClose);
      heartbeat.watch(webSocket);
      onOpen(webSocket);
    });
}
