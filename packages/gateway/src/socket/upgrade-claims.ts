import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** The sockets that some gateway of this process handles already. */
const claimed = new WeakSet<Duplex>();

/**
 * A socket whose upgrade one gateway handles. Other `upgrade` listeners of the server have the same
 * socket.
 */
export interface UpgradeClaim {
  /**
   * Returns true when another `upgrade` listener has written to the socket, read from it, or ended
   * it.
   */
  isTaken(): boolean;
}

/**
 * Claims a socket for one upgrade. Returns `undefined` when another gateway, or an earlier call,
 * has claimed it.
 */
export function claimUpgrade(
  socket: Duplex & Partial<Pick<Socket, "bytesWritten">>,
): UpgradeClaim | undefined {
  if (claimed.has(socket)) return undefined;
  claimed.add(socket);
  const { bytesWritten } = socket;
  return {
    // Node hands over a socket without listeners for its data, so the first one that reads has
    // taken it.
    isTaken: () =>
      socket.bytesWritten !== bytesWritten ||
      socket.writableEnded ||
      socket.listenerCount("data") + socket.listenerCount("readable") > 0,
  };
}

/** The error for an upgrade that another listener has answered. */
export function upgradeTaken(): Error {
  const advice =
    "Give each listener a path of its own. For `ws`, use `new WebSocketServer({ noServer: true })`.";
  return new Error(`Another \`upgrade\` listener of this server has taken the socket. ${advice}`);
}
