import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";

/** A proxy between a store and its server. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a proxy. `portOf` returns the server's port for the next connection, and `join` passes the
 * bytes on in both directions.
 */
export async function startProxy(
  portOf: () => number,
  join: (client: Socket, upstream: Socket) => void = passOn,
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = new Socket();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.connect(portOf(), "127.0.0.1");
    join(client, upstream);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function passOn(client: Socket, upstream: Socket): void {
  client.pipe(upstream).pipe(client);
}
