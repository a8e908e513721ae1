import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GatewayError } from "../shared/errors.ts";
import { refuseUpgrade } from "../socket/refuse-upgrade.ts";
import type { UpgradeSource } from "./options.ts";

type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The attached paths of one server. */
type Paths = Map<string, TakeUpgrade>;

/** One `upgrade` listener for each server serves all gateways, so that they never count as neighbours of each other. */
const attached = new WeakMap<UpgradeSource, { paths: Paths; end: () => void }>();

/**
 * Passes a server's upgrades of one path to `take` and leaves all others alone. Returns a function that detaches.
 *
 * @throws GatewayError `INVALID_OPTION` when a gateway is attached to that path of the server already
 */
export function attachUpgrades(server: UpgradeSource, path: string, take: TakeUpgrade): () => void {
  const { paths, end } = attached.get(server) ?? startListening(server);
  if (paths.has(path)) {
    const message = `\`path\` must be free, but a gateway is attached to ${path} of this server already. Detach it first.`;
    throw new GatewayError("INVALID_OPTION", message);
  }
  paths.set(path, take);
  return () => {
    if (paths.get(path) === take) paths.delete(path);
    if (paths.size === 0) end();
  };
}

function startListening(server: UpgradeSource): { paths: Paths; end: () => void } {
  const paths: Paths = new Map();
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const take = paths.get(request.url?.split("?", 1)[0] ?? "");
    if (take) take(request, socket, head);
    // Nobody else listens, so the upgrade would hang.
    else if (server.listenerCount("upgrade") === 1)
      refuseUpgrade(socket, { status: 404, reason: "No upgrade is accepted at this path." });
  };
  server.on("upgrade", onUpgrade);
  const listening = {
    paths,
    end: () => {
      server.off("upgrade", onUpgrade);
      if (attached.get(server) === listening) attached.delete(server);
    },
  };
  attached.set(server, listening);
  return listening;
}
