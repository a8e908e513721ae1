import type { Message } from "@mini-openclaw/protocol";

/**
 * The ids of the tool calls of one turn: those of the model's server, and new ones where an id is
 * empty or used in the conversation. Only the id pairs a result, or a user's decision, with its
 * call.
 */
export class CallIds {
  readonly #before: readonly Message[];
  readonly #createId: () => string;
  #used: Set<string> | undefined;
  #ids: string[] = [];

  /** `before` are the messages before the turn. */
  constructor(before: readonly Message[], createId: () => string) {
    this.#before = before;
    this.#createId = createId;
  }

  /** Returns the id of the call at `index`. `given` is the id at the server. */
  idAt(index: number, given: string): string {
    const known = this.#ids[index];
    if (known !== undefined) return known;
    this.#used ??= new Set(["", ...this.#before.flatMap(callIdsOf)]);
    const id = this.#used.has(given) ? this.#createId() : given;
    this.#used.add(id);
    this.#ids[index] = id;
    return id;
  }

  /** Begins with the first call again, because the model is asked again. Ids are used once. */
  restart(): void {
    this.#ids = [];
  }
}

function callIdsOf(message: Message): string[] {
  return message.role === "assistant" ? (message.toolCalls ?? []).flatMap(({ callId }) => callId ?? []) : [];
}
