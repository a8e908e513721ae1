import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { GatewayServer } from "@mini-openclaw/gateway";

/**
 * Serves a person on a plain socket. Each line is a message in the session `lines:<name>`, and its
 * answer is sent back as a line.
 */
export async function serveLines(
  socket: Socket,
  name: string,
  gateway: Pick<GatewayServer, "submit">,
): Promise<void> {
  for await (const content of createInterface({ input: socket })) {
    if (content.trim() === "") continue;
    const { ended } = await gateway.submit({ key: `lines:${name}`, content });
    const { content: answer } = await ended;
    socket.write(`${answer.replaceAll("\n", " ")}\n`);
  }
}
