import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

interface Link {
  readonly port: number;
  readonly client: Socket;
  readonly target: Socket;
}

/** A TCP relay in front of one target, or of the next of several. */
export class Relay {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #nextPort: () => number | undefined;
  #isFrozen = false;

  private constructor(nextPort: () => number | undefined) {
    this.#nextPort = nextPort;
    this.#server = createServer({ allowHalfOpen: false }, (client) => this.#link(client));
  }

  /** Starts a relay. Each connection goes to the port that `nextPort` returns at that time. */
  static async start(nextPort: () => number | undefined): Promise<Relay> {
    const relay = new Relay(nextPort);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Passes nothing on any more, in either direction. Connections stay open. */
  freeze(): void {
    this.#isFrozen = true;
    for (const { client, target } of this.#links) for (const socket of [client, target]) socket.pause();
  }

  /** Passes everything on again, also what waited. */
  thaw(): void {
    this.#isFrozen = false;
    for (const { client, target } of this.#links) for (const socket of [client, target]) socket.resume();
  }

  /** Ends the connections to a target. */
  cut(port: number): void {
    for (const link of this.#links) if (link.port === port) link.client.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const { client, target } of this.#links) for (const socket of [client, target]) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #link(client: Socket): void {
    const port = this.#nextPort();
    if (port === undefined) return void client.destroy();
    const link = { port, client, target: connect({ port, host: "127.0.0.1", noDelay: true }) };
    client.setNoDelay(true);
    this.#links.add(link);
    const { target } = link;
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on("error", () => undefined);
      from.on("data", (bytes) => {
        if (!to.write(bytes)) from.pause();
      });
      to.on("drain", () => {
        if (!this.#isFrozen) from.resume();
      });
      from.on("close", () => {
        this.#links.delete(link);
        to.destroy();
      });
      if (this.#isFrozen) from.pause();
    }
  }
}
