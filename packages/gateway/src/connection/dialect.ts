import type { ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import type { Parsed } from "@mini-openclaw/protocol/schema";

/** A frame that was read: a command, or why it is none. */
export type Reading = Parsed<ClientEvent> & {
  /** Of a frame that is no command: what the `error` that answers it names as `replyTo`. */
  id?: string;
};

/**
 * The frames of one connection in words of the gateway, and back. Its owner closes a connection
 * whose translator throws.
 */
export interface Translator {
  /** Reads one text frame; `undefined` for one that asks for nothing. */
  read(frame: string): Reading | undefined;
  /**
   * The frames that say an event, in order; none for one that the dialect has no words for. `json`
   * is the event as JSON, made once for everybody, where it is one that was recorded.
   */
  write(event: ServerEvent, json?: string): string | readonly string[];
}

/**
 * A way to speak to the gateway over a WebSocket. Commands and events are those of the protocol,
 * and all its rules hold: a dialect defines only their form on the wire.
 */
export interface Dialect {
  /** The WebSocket subprotocol by which clients ask for it. */
  readonly subprotocol: string;
  /**
   * Begins a connection. A dialect that remembers nothing may give the same translator each time.
   */
  connect(): Translator;
}
