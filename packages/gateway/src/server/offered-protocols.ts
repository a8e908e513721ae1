import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { tokensOf } from "../shared/request.ts";
import { refuseUpgrade } from "../socket/refuse-upgrade.ts";

/** The part of a server that takes a socket again. */
interface Server {
  emit?(event: string, socket: Duplex): unknown;
}

/**
 * Serves a request that offers another protocol, such as `Upgrade: h2c`, as if there were no offer
 * (RFC 9110, 7.8).
 *
 * Node has stopped parsing at such a request, and its body would be lost. So the bytes of the
 * request go back into the socket without the offer, and the server starts with the socket anew.
 */
export function serveWithoutOffer(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  if (!server.emit) {
    const reason = "This server upgrades to WebSockets only. Send the request without `Upgrade`.";
    return refuseUpgrade(socket, { status: 501, reason });
  }
  socket.unshift(Buffer.concat([Buffer.from(headOf(request), "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}

/** Returns the head of a request as it came, without its offer of other protocols. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const key = name.toLowerCase();
    if (key === "upgrade" || key === "http2-settings") continue;
    if (key !== "connection") lines.push(`${name}: ${value}`);
    else lines.push(...connectionLine(name, value));
  }
  return [...lines, "", ""].join("\r\n");
}

function connectionLine(name: string, value: string): string[] {
  const kept = tokensOf(value).filter((token) => token !== "upgrade" && token !== "http2-settings");
  return kept.length > 0 ? [`${name}: ${kept.join(", ")}`] : [];
}
