import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** An address that a relay connects to. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

interface Link {
  readonly to: Target;
  readonly client: Socket;
  readonly target: Socket;
}

/** A TCP relay in front of one target, or of the next of several. */
export class Relay {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #next: () => Target | undefined;
  #isFrozen = false;

  private constructor(next: () => Target | undefined) {
    this.#next = next;
    this.#server = createServer({ allowHalfOpen: false }, (client) => this.#link(client));
  }

  /** Starts a relay. Each connection goes to the target that `next` returns at that time. */
  static async start(next: () => Target | undefined): Promise<Relay> {
    const relay = new Relay(next);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Returns the number of connections to a target. */
  countOf({ host, port }: Target): number {
    let count = 0;
    for (const { to } of this.#links) if (to.host === host && to.port === port) count += 1;
    return count;
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
  cut({ host, port }: Target): void {
    for (const { to, client } of this.#links)
      if (to.host === host && to.port === port) client.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const { client, target } of this.#links) for (const socket of [client, target]) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #link(client: Socket): void {
    const to = this.#next();
    if (!to) return void client.destroy();
    const link = { to, client, target: connect({ ...to, noDelay: true }) };
    client.setNoDelay(true);
    this.#links.add(link);
    const { target } = link;
    for (const [from, other] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on("error", () => undefined);
      from.on("data", (bytes) => {
        if (!other.write(bytes)) from.pause();
      });
      other.on("drain", () => {
        if (!this.#isFrozen) from.resume();
      });
      from.on("close", () => {
        this.#links.delete(link);
        other.destroy();
      });
      if (this.#isFrozen) from.pause();
    }
  }
}
