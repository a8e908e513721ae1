// Finds ports for programs that cannot report a port of their own choice.
import { createServer } from "node:net";

// Below the ports that the system gives to clients, so that nobody gets one meanwhile.
const [FIRST, LAST] = [20_000, 32_000];

/**
 * Returns the first of some free ports in a row.
 *
 * @param {number} count @returns {Promise<number>}
 */
export async function freePort(count = 1) {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer();
  const isOpen = await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (isOpen) await new Promise((resolve) => server.close(resolve));
  return isOpen;
}
