import type { Connection } from "./connection.ts";

// A close frame that is on its way has arrived by then, or never will.
const GOODBYE_MS = 1000;

/** The connections that are open now. */
export class Connections extends Set<Connection> {
  #onEmpty: () => void = () => {};

  override delete(connection: Connection): boolean {
    const isGone = super.delete(connection);
    if (this.size === 0) this.#onEmpty();
    return isGone;
  }

  /**
   * Closes all connections. Resolves when the clients have confirmed it. After a second it cuts off
   * the rest.
   */
  async close(code: number, reason: string): Promise<void> {
    for (const connection of this) connection.close(code, reason);
    if (this.size === 0) return;
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => {
        for (const connection of this) connection.terminate();
        resolve();
      }, GOODBYE_MS);
      this.#onEmpty = () => {
        clearTimeout(cut);
        resolve();
      };
    });
  }
}
