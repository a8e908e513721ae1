import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { refuseUpgrade } from "../socket/refuse-upgrade.ts";
import type { UpgradeSource } from "./options.ts";

/** Hands a server's upgrades of one path to `take`, and touches no other. Returns what ends that. */
export function attachUpgrades(
  server: UpgradeSource,
  path: string,
  take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): () => void {
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split("?", 1)[0] === path) take(request, socket, head);
    // An upgrade that nobody takes would hang; with other listeners there, one of them may.
    else if (server.listenerCount("upgrade") === 1)
      refuseUpgrade(socket, { status: 404, reason: "Nothing takes upgrades here." });
  };
  server.on("upgrade", onUpgrade);
  return () => void server.off("upgrade", onUpgrade);
}
