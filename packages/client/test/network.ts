import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The network between a client and a gateway, which a test breaks. */
export interface Network extends AsyncDisposable {
  readonly url: string;
  /** Connections that were made so far. */
  readonly connectionCount: number;
  /** Where connections lead from now on. */
  port: number;
  /** Resets every connection: both sides hear of it at once. */
  reset(): void;
  /** Ends the client's side of every connection without a word to the gateway, which goes on sending. */
  cutClientOff(): void;
  /** From now on nothing passes, and nobody hears of it; new connections hang too. */
  freeze(): void;
  /** New connections pass again. Those of before stay frozen. */
  mend(): void;
  /** Refuses new connections, or takes them again. */
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
