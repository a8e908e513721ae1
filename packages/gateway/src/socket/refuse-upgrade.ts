import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Refusal } from "../shared/refusal.ts";

// Time for the answer to arrive and the client to close. Then the socket is cut off.
const LINGER_MS = 1000;

/** Answers an upgrade with a plain HTTP error, and closes the socket when the client has it. */
export function refuseUpgrade(socket: Duplex, { status, reason, headers }: Refusal): void {
  const body = `${reason}\n`;
  const fields = {
    Connection: "close",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  socket.on("error", () => socket.destroy());
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, "", body].join("\r\n"));
  // The bytes behind the request must be read. Otherwise the system would reset the connection and
  // lose the answer.
  socket.resume();
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("end", () => socket.destroy());
  socket.once("close", () => clearTimeout(cut));
}
