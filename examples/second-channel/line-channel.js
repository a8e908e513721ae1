import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { connect } from "@mini-openclaw/client";
import { WebSocket } from "ws";

// Fits into a session key of 512 characters, even if each character is encoded as nine.
const MAX_NAME_CHARS = 40;

/**
 * Creates a channel for `nc`: the first line is the user's name, and each further line is a
 * message. Answers are streamed back. The channel is an ordinary client of the gateway, one per
 * person.
 * @param {{ url: string, token: string }} gateway
 */
export function createLineChannel({ url, token }) {
  return createServer((socket) => {
    // An active run continues after a disconnect. Its answer is in the session later.
    socket.on("error", () => socket.destroy());
    serve(socket).catch((error) => socket.end(`! ${error.message}\n`));
  });

  /** @param {import("node:net").Socket} socket */
  async function serve(socket) {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const { value: name, done } = await lines.next();
    if (done) return;
    if (name === "" || name.length > MAX_NAME_CHARS) {
      socket.end(`! A name has 1 to ${MAX_NAME_CHARS} characters, got ${name.length}.\n`);
      return;
    }
    const client = connect({ url, WebSocket: asPerson(name) });
    socket.once("close", () => client.close());
    const session = client.session();
    for await (const line of lines) await answer(session.ask(line), socket);
  }

  /** @param {string} name */
  function asPerson(name) {
    return class extends WebSocket {
      /** @param {string} address */
      constructor(address) {
        super(address, {
          headers: { authorization: `Bearer ${token}`, "x-person": encodeURIComponent(name) },
        });
      }
    };
  }
}

/**
 * Writes the events of one run as a line of text.
 * @param {AsyncIterable<import("@mini-openclaw/client").WatchedEvent>} events
 * @param {import("node:net").Socket} socket
 */
async function answer(events, socket) {
  try {
    for await (const event of events) {
      if (event.type === "chunk") socket.write(event.content);
      if (event.type === "message_done") socket.write("\n");
      if (event.type === "run_error") socket.write(`! ${event.message}\n`);
      if (event.type === "run_end" && event.outcome !== "completed" && !event.error)
        socket.write(`! The answer ended early: ${event.outcome}.\n`);
    }
  } catch (error) {
    // The gateway refused the message, or the client was closed.
    socket.write(`! ${/** @type {Error} */ (error).message}\n`);
  }
}
