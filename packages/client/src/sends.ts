import type { ClientError } from "./errors.ts";
import type { Accepted } from "./session.ts";

interface Send {
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: ClientError) => void;
}

/** The promises of messages on their way. */
export class Sends {
  readonly #open = new Map<string, Send>();

  /** The outbox shows every refusal, so nobody has to wait for the promise. */
  open(id: string): Promise<Accepted> {
    const accepted = new Promise<Accepted>((resolve, reject) => this.#open.set(id, { resolve, reject }));
    accepted.catch(() => undefined);
    return accepted;
  }

  accept(id: string, runId: string): boolean {
    this.#open.get(id)?.resolve({ id, runId });
    return this.#open.delete(id);
  }

  reject(id: string, error: ClientError): void {
    this.#open.get(id)?.reject(error);
    this.#open.delete(id);
  }

  close(error: ClientError): void {
    for (const id of [...this.#open.keys()]) this.reject(id, error);
  }
}
