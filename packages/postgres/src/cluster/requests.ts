import { randomUUID } from "node:crypto";
import type { Letter } from "./mailbox.ts";

/**
 * A letter's body: a request, its answer, the refusal of a node that left, a notice, or the report
 * that letters to the sender may be lost.
 */
export type Envelope =
  | { readonly kind: "request" | "answer"; readonly id: string; readonly body: string }
  | { readonly kind: "left"; readonly id: string }
  | { readonly kind: "notice"; readonly body: string }
  | { readonly kind: "lost" };

interface Pending {
  readonly letter: Letter & { readonly to: number };
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

// A letter is rarely lost. A request that takes long, such as one for a run's end, repeats seldom.
const FIRST_REPEAT_MS = 1_000;
const LAST_REPEAT_MS = 15_000;
// Longer than the longest time between two repeats.
const REMEMBER_MS = 60_000;

/** Rejects a request whose node is gone. */
export class NodeGoneError extends Error {
  override readonly name = "NodeGoneError";
  readonly code = "NODE_GONE";
}

/**
 * The requests of one node and to it. A request is repeated until it has its answer, and done once.
 */
export class Requests {
  readonly #send: (letter: Letter) => void;
  readonly #pending = new Map<string, Pending>();
  /** Requests of other nodes, with what becomes of them. */
  readonly #known = new Map<string, Promise<string>>();

  constructor(send: (letter: Letter) => void) {
    this.#send = send;
  }

  /** Resolves with the answer. @throws NodeGoneError */
  ask(node: number, body: string): Promise<string> {
    const id = randomUUID();
    const letter = { to: node, body: encode({ kind: "request", id, body }) };
    return new Promise((resolve, reject) => {
      const repeat = (delay: number): NodeJS.Timeout =>
        setTimeout(() => {
          this.#send(letter);
          pending.timer = repeat(Math.min(delay * 2, LAST_REPEAT_MS));
        }, delay);
      const pending: Pending = { letter, resolve, reject, timer: repeat(FIRST_REPEAT_MS) };
      this.#pending.set(id, pending);
      this.#send(letter);
    });
  }

  /** Sends the open requests to a node again, or all of them. Their letters may be lost. */
  repeat(node?: number): void {
    for (const { letter } of this.#pending.values())
      if (node === undefined || letter.to === node) this.#send(letter);
  }

  /** Answers a request of another node. Answers a repeated one with the same answer. */
  async onRequest(
    from: number,
    { id, body }: { id: string; body: string },
    answer: (body: string) => Promise<string>,
  ): Promise<void> {
    const known = this.#known.get(id);
    const answering = known ?? answer(body);
    if (!known) this.#remember(id, answering);
    this.#send({ to: from, body: encode({ kind: "answer", id, body: await answering }) });
  }

  /** Refuses a request, because this node has left. */
  refuse(from: number, id: string): void {
    this.#send({ to: from, body: encode({ kind: "left", id }) });
  }

  onAnswer(id: string, answer: string): void {
    this.#end(id)?.resolve(answer);
  }

  onLeft(id: string): void {
    const pending = this.#end(id);
    pending?.reject(
      new NodeGoneError(`Node ${pending.letter.to} has left. Send the request to another node.`),
    );
  }

  /** Rejects the requests to a node that is gone. Without `node`, rejects all. */
  onGone(node?: number): void {
    for (const [id, { letter }] of this.#pending)
      if (node === undefined || letter.to === node) this.onLeft(id);
  }

  #end(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    clearTimeout(pending?.timer);
    this.#pending.delete(id);
    return pending;
  }

  #remember(id: string, answering: Promise<string>): void {
    this.#known.set(id, answering);
    const forget = () => setTimeout(() => this.#known.delete(id), REMEMBER_MS).unref();
    void answering.then(forget, forget);
  }
}

export function encode(envelope: Envelope): string {
  return JSON.stringify(envelope);
}

export function decode(body: string): Envelope {
  return JSON.parse(body) as Envelope;
}
