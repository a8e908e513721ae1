import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "../shared/errors.ts";
import { normalizePath, readPath } from "../shared/paths.ts";
import { offersWebSocket, pathOf } from "../shared/request.ts";
import { refuseUpgrade } from "../socket/refuse-upgrade.ts";
import { claimUpgrade } from "../socket/upgrade-claims.ts";
import { serveWithoutOffer } from "./offered-protocols.ts";
import type { AttachOptions, UpgradeSource } from "./options.ts";

type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The attached paths of one server. */
type Paths = Map<string, TakeUpgrade>;

/**
 * One `upgrade` listener for each server serves all gateways, so that they never count as
 * neighbours of each other.
 */
const attached = new WeakMap<UpgradeSource, { paths: Paths; end: () => void }>();

/**
 * Passes a server's upgrades of one path to `take` and leaves all others alone. Returns a function
 * that detaches.
 *
 * @throws GatewayError `INVALID_OPTION` for a server that is none, and when a gateway is attached
 * to that path of the server already
 */
export function attachUpgrades(server: UpgradeSource, options: AttachOptions, take: TakeUpgrade): () => void {
  const path = readPath("attach", { path: options.path });
  if (typeof server?.on !== "function")
    throw new GatewayError("INVALID_OPTION", mustBe("server", "a server of `node:http`", server));
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
    const isAlone = server.listenerCount("upgrade") === 1;
    if (!offersWebSocket(request)) {
      if (isAlone) serveWithoutOffer(server, request, socket, head);
      else serveUnlessTaken(server, request, socket, head);
      return;
    }
    const take = paths.get(normalizePath(pathOf(request)));
    if (take) take(request, socket, head);
    // Nobody else listens, so the upgrade would hang.
    else if (isAlone) refuseUpgrade(socket, { status: 404, reason: "No upgrade is accepted at this path." });
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

/**
 * Serves a request as if it offered no other protocol, unless another listener accepts the offer at
 * once.
 */
function serveUnlessTaken(
  server: UpgradeSource,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const claim = claimUpgrade(socket);
  setImmediate(() => {
    if (claim && !claim.isTaken() && !socket.destroyed) serveWithoutOffer(server, request, socket, head);
  });
}
