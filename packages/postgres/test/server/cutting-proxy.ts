import { type Proxy, startProxy } from "./proxy.ts";

/** A proxy before the server that loses answers. */
export interface CuttingProxy extends Proxy {
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
  const proxy = await startProxy(
    () => serverPort,
    (client, upstream) => {
      let isLosing = false;
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
    },
  );
  return {
    ...proxy,
    get cut() {
      return cut;
    },
    loseNextAnswerTo(part) {
      text = part;
    },
  };
}
