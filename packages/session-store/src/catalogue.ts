import type { SessionMeta } from "@mini-openclaw/protocol";
import { isSessionId } from "./names.ts";
import type { Listed } from "./sessions-page.ts";

/** What is kept in memory of every session. */
export interface CatalogueEntry extends Listed {
  readonly createdAt: number;
}

export interface CatalogueSource {
  /** Names in the folder. */
  list: () => Promise<string[]>;
  /** What the session's files say; `undefined` if there are none. */
  readMeta: (sessionId: string) => Promise<SessionMeta | undefined>;
}

/** Which sessions there are. Read on first use, in slices. */
export class Catalogue {
  readonly #source: CatalogueSource;
  readonly #entries = new Map<string, CatalogueEntry>();
  #loading: Promise<void> | undefined;

  constructor(source: CatalogueSource) {
    this.#source = source;
  }

  /** All sessions. */
  async all(): Promise<Iterable<CatalogueEntry>> {
    await this.#load();
    return this.#entries.values();
  }

  /** The newest open session of a key. */
  async newestOf(key: string): Promise<CatalogueEntry | undefined> {
    await this.#load();
    let newest: CatalogueEntry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.key === key && !entry.archived && (!newest || isNewer(entry, newest))) newest = entry;
    }
    return newest;
  }

  /** Takes over what has just been learnt of a session. */
  put({ sessionId, key, createdAt, updatedAt, archived }: SessionMeta): void {
    this.#entries.set(sessionId, {
      sessionId,
      key,
      createdAt,
      updatedAt,
      ...(archived !== undefined && { archived }),
    });
  }

  delete(sessionId: string): void {
    this.#entries.delete(sessionId);
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    for (const name of await this.#source.list()) {
      const sessionId = name.endsWith(".jsonl") ? name.slice(0, -".jsonl".length) : "";
      if (!isSessionId(sessionId) || this.#entries.has(sessionId)) continue;
      const meta = await this.#source.readMeta(sessionId);
      if (meta) this.put(meta);
    }
  }
}

function isNewer(left: CatalogueEntry, right: CatalogueEntry): boolean {
  if (left.createdAt !== right.createdAt) return left.createdAt > right.createdAt;
  return left.sessionId > right.sessionId;
}
