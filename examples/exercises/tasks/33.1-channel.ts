import type { Socket } from "node:net";
import type { GatewayServer } from "@mini-openclaw/gateway";

/**
 * Serves a person on a plain socket. Each line is a message in the session `lines:<name>`, and its
 * answer is sent back as a line.
 */
export async function serveLines(
  _socket: Socket,
  _name: string,
  _gateway: Pick<GatewayServer, "submit">,
): Promise<void> {
  throw new Error("Exercise 33.1 is not done yet.");
}
