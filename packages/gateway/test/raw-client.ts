import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client on a bare TCP socket, for what no WebSocket library would send. */
export class RawClient extends EventEmitter {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;

  private constructor(socket: Socket) {
    super();
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.emit("change");
    });
    // A reset is one way of being refused; `close` follows.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.emit("change");
    });
  }

  static async connect(address: string): Promise<RawClient> {
    const { hostname, port } = new URL(`http://${address}`);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Connects, shakes hands, and reads the answer to it. */
  static async open(address: string, options: HandshakeOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(address);
    client.write(handshake(address, options));
    const status = await client.status();
    if (status !== 101) throw new Error(`the upgrade was refused with ${status}`);
    return client;
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** The status of the HTTP answer; 0 when the socket was closed without one. */
  async status(): Promise<number> {
    return (await this.head()).status;
  }

  /** The HTTP answer's status and header lines; takes them out of what was received. */
  async head(): Promise<{ status: number; lines: string[] }> {
    const end = await this.#until(() => {
      const index = this.#received.indexOf("\r\n\r\n");
      return index < 0 ? undefined : index;
    });
    if (end === undefined) return { status: 0, lines: [] };
    const [first = "", ...lines] = this.#received.subarray(0, end).toString("latin1").split("\r\n");
    this.#received = this.#received.subarray(end + 4);
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1]), lines };
  }

  /** The next frame from the gateway; `undefined` when the socket closes first. */
  async frame(): Promise<{ opcode: number; payload: Buffer } | undefined> {
    return this.#until(() => {
      const [first = 0, second = 0] = this.#received;
      const [start, length] =
        second === 126 ? [4, this.#length(2)] : second === 127 ? [10, this.#length(8)] : [2, second];
      if (this.#received.length < start + length) return undefined;
      const payload = this.#received.subarray(start, start + length);
      this.#received = this.#received.subarray(start + length);
      return { opcode: first & 0x0f, payload };
    });
  }

  /** The next frame whose text has `part`; `undefined` when the socket closes first. */
  async frameWith(part: string): Promise<string | undefined> {
    for (;;) {
      const text = (await this.frame())?.payload.toString();
      if (text === undefined || text.includes(part)) return text;
    }
  }

  /** Returns the gateway's close code, behind any frames before it; 1006 without a close frame. */
  async closeCode(): Promise<number> {
    for (;;) {
      const frame = await this.frame();
      if (!frame) return 1006;
      if (frame.opcode === 8) return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0);
    }
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) await once(this, "change");
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #length(bytes: 2 | 8): number {
    if (this.#received.length < 2 + bytes) return Number.POSITIVE_INFINITY;
    return bytes === 2 ? this.#received.readUInt16BE(2) : Number(this.#received.readBigUInt64BE(2));
  }

  async #until<T>(read: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const value = this.#received.length > 1 ? read() : undefined;
      if (value !== undefined || this.#isClosed) return value;
      await once(this, "change");
    }
  }
}

export interface HandshakeOptions {
  /** @default "GET / HTTP/1.1" */
  line?: string;
  /**
   * Headers instead of, or beside, those of a right handshake. `undefined` leaves one out, a list
   * repeats it.
   */
  headers?: Record<string, string | readonly string[] | undefined>;
}

/** The bytes of a handshake: a right one, but for what `options` say. */
export function handshake(
  address: string,
  { line = "GET / HTTP/1.1", headers = {} }: HandshakeOptions = {},
): string {
  const fields = {
    Host: address,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}`),
  );
  return [line, ...lines, "", ""].join("\r\n");
}

export interface FrameOptions {
  /** @default true */
  fin?: boolean;
  /** The three reserved bits. @default 0 */
  reserved?: number;
  /** @default 1, text */
  opcode?: number;
  /** @default true, as a client's frames must be */
  masked?: boolean;
  /** Length that the frame claims, in bytes. @default that of the payload */
  claims?: bigint;
  /** The number of bytes of the length. @default as few as it needs */
  lengthBytes?: 0 | 2 | 8;
}

/** The bytes of a frame, right or wrong. */
export function frame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, opcode = 1, masked = true } = options;
  const body = Buffer.from(payload as Uint8Array);
  const length = options.claims ?? BigInt(body.length);
  const lengthBytes = options.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const short = lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127;
  const extended = Buffer.alloc(lengthBytes);
  if (lengthBytes === 2) extended.writeUInt16BE(Number(length));
  if (lengthBytes === 8) extended.writeBigUInt64BE(length);
  const mask = masked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0);
  const content = masked ? body.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : body;
  return Buffer.concat([Buffer.from([first, short | (masked ? 0x80 : 0)]), extended, mask, content]);
}

/** The bytes of a close frame. */
export function closeFrame(code: number, reason: string | Uint8Array = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(Buffer.concat([head, Buffer.from(reason as Uint8Array)]), { opcode: 8 });
}
