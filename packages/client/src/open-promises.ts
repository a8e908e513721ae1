interface Settle<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** Promises by id, each until it is settled. */
export class OpenPromises<Value> {
  readonly #open = new Map<string, Settle<Value>>();

  open(id: string): Promise<Value> {
    return new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
  }

  /** False if there is none of this id. */
  resolve(id: string, value: Value): boolean {
    this.#open.get(id)?.resolve(value);
    return this.#open.delete(id);
  }

  /** False if there is none of this id. */
  reject(id: string, error: unknown): boolean {
    this.#open.get(id)?.reject(error);
    return this.#open.delete(id);
  }

  rejectAll(error: unknown): void {
    for (const id of [...this.#open.keys()]) this.reject(id, error);
  }
}
