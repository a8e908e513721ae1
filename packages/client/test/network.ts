import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The network between a client and a gateway, which a test breaks. */
export interface Network extends AsyncDisposable {
  readonly url: string;
  /** Connections that were made so far. */
  readonly connectionCount: number;
  /** The port to which new connections lead. */
  port: number;
  /** Resets every connection: both sides notice at once. */
  reset(): void;
  /**
   * Resets the client's side of every connection. The gateway does not notice and keeps sending.
   */
  cutClientOff(): void;
  /** Stops all traffic without a sign, and accepts new connections without an answer. */
  freeze(): void;
  /** Lets new connections pass again. The frozen ones stay frozen. */
  mend(): void;
  /** True while new connections are refused. */
  refuses: boolean;
}

export async function startNetwork(port: number): Promise<Network> {
  const links = new Set<{ client: Socket; gateway: Socket }>();
  const held: Socket[] = [];
  let isFrozen = false;

  const server = createServer((client) => {
    network.connectionCount += 1;
    client.on("error", () => undefined);
    if (network.refuses) return void client.resetAndDestroy();
    if (isFrozen) return void held.push(client);
    const gateway = connect(network.port, "127.0.0.1");
    gateway.on("error", () => client.resetAndDestroy());
    const link = { client, gateway };
    links.add(link);
    client.pipe(gateway);
    gateway.pipe(client);
    gateway.on("close", () => links.delete(link));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const network = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connectionCount: 0,
    port,
    refuses: false,
    reset() {
      for (const { client, gateway } of links) {
        client.resetAndDestroy();
        gateway.resetAndDestroy();
      }
    },
    cutClientOff() {
      for (const { client, gateway } of links) {
        gateway.unpipe(client);
        gateway.resume();
        client.resetAndDestroy();
      }
    },
    freeze() {
      isFrozen = true;
      for (const { client, gateway } of links) {
        for (const [from, to] of [
          [client, gateway],
          [gateway, client],
        ] as const) {
          from.unpipe(to);
          from.pause();
        }
      }
    },
    mend() {
      isFrozen = false;
    },
    async [Symbol.asyncDispose]() {
      for (const { client, gateway } of links) {
        client.destroy();
        gateway.destroy();
      }
      for (const socket of held) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return network;
}
