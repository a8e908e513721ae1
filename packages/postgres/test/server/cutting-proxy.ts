import { once } from "node:events";
import { type AddressInfo, createServer, Socket } from "node:net";

/** A proxy before the server that loses answers. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** The number of answers that were lost. */
  readonly cut: number;
  /**
   * Loses the next answer to a statement with this text, then cuts its connection. The server
   * executes the statement.
   */
  loseNextAnswerTo(text: string): void;
}

export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  let text: string | undefined;
  let cut = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = new Socket();
    let isLosing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.connect(serverPort, "127.0.0.1");
    client.on("data", (bytes) => {
      if (text !== undefined && bytes.includes(text)) {
        text = undefined;
        isLosing = true;
      }
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (!isLosing) return client.write(bytes);
      cut += 1;
      return client.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get cut() {
      return cut;
    },
    loseNextAnswerTo(part) {
      text = part;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
