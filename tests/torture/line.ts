import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Every way in which a network takes a connection away. */
export const cuts = ["reset", "half_open", "frozen"] as const;
export type Cut = (typeof cuts)[number];

/** The network between one viewer and the gateway. */
export interface Line extends AsyncDisposable {
  readonly port: number;
  /** Where new connections lead. */
  gatewayPort: number;
  /** Connections that were made so far. */
  readonly connectionCount: number;
  /**
   * Takes every connection away. `reset`: both sides hear of it. `half_open`: the gateway does not, and goes on sending.
   * `frozen`: neither does.
   */
  cut(how: Cut): void;
  /** Resets every connection, also those that only the gateway believes in. */
  clear(): void;
}

// Of those that the gateway believes to be there. Each is sent all that happens, as a real one is.
const MAX_GHOSTS = 2;

export async function startLine(gatewayPort: number): Promise<Line> {
  const links = new Set<Link>();
  const ghosts: Link[] = [];
  const server = createServer((client) => {
    line.connectionCount += 1;
    const link = { client, gateway: connect(line.gatewayPort, "127.0.0.1") };
    links.add(link);
    client.on("error", () => undefined);
    client.on("close", () => !ghosts.includes(link) && link.gateway.destroy());
    link.gateway.on("error", () => client.resetAndDestroy());
    link.gateway.on("close", () => {
      links.delete(link);
      client.destroy();
    });
    client.pipe(link.gateway);
    link.gateway.pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const line = {
    port: (server.address() as AddressInfo).port,
    gatewayPort,
    connectionCount: 0,
    cut(how: Cut) {
      for (const link of links) {
        if (ghosts.includes(link)) continue;
        if (how === "reset") reset(link);
        else {
          ghosts.push(link);
          if (how === "half_open") halve(link);
          else freeze(link);
        }
      }
      for (const link of ghosts.splice(0, ghosts.length - MAX_GHOSTS)) reset(link);
    },
    clear() {
      ghosts.length = 0;
      for (const link of links) reset(link);
    },
    async [Symbol.asyncDispose]() {
      line.clear();
      server.close();
      await once(server, "close");
    },
  };
  return line;
}

interface Link {
  client: Socket;
  gateway: Socket;
}

function reset({ client, gateway }: Link): void {
  client.resetAndDestroy();
  gateway.resetAndDestroy();
}

function halve({ client, gateway }: Link): void {
  gateway.unpipe(client);
  gateway.resume();
  client.resetAndDestroy();
}

function freeze({ client, gateway }: Link): void {
  for (const [from, to] of [
    [client, gateway],
    [gateway, client],
  ] as const) {
    from.unpipe(to);
    from.pause();
  }
}
