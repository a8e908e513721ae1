import type { Cluster, ClusterMember, RecordedEvent, SessionStore } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import { check } from "@mini-openclaw/session-store/kit";
import { ConnectionLost } from "../connection/pg-error.ts";
import { shareStatements } from "../connection/share-statements.ts";
import { orStoreError } from "../store/context.ts";
import { databaseOf } from "../store/create-store.ts";
import type { Database } from "../store/database.ts";
import { EventReader } from "./event-reader.ts";
import { createEventRead } from "./first-events.ts";
import { Mailbox, type ReceivedLetter } from "./mailbox.ts";
import { payloadOf, readPayload } from "./payload.ts";
import { decode, encode, NodeGoneError, Requests } from "./requests.ts";
import { WakeLoop } from "./wake-loop.ts";

export interface PostgresClusterOptions {
  /** A store of `createPostgresStore`. Each process has its own, on the same database. */
  store: SessionStore;
}

// Notifications only wake. A lost one delays for so long.
const POLL_MS = 1_000;

/**
 * Connects the gateways that have a store on the same database and schema. Pass it to a gateway
 * with its store.
 *
 * @throws StoreError `INVALID_OPTION` for a store of another kind
 */
export function createPostgresCluster(options: PostgresClusterOptions): Cluster {
  check.known("createPostgresCluster", options, { store: true });
  const database = databaseOf(options.store);
  if (database) return new PostgresCluster(database);
  const text = "`store` must be a store of `createPostgresStore`, got another object. Open the store first.";
  throw new StoreError("INVALID_OPTION", text);
}

class PostgresCluster implements Cluster {
  readonly #database: Database;
  readonly #mailbox: Mailbox;
  readonly #requests: Requests;
  readonly #reader: EventReader;
  readonly #reading: WakeLoop;
  readonly #taking: WakeLoop;
  readonly #findOwner: (sessionId: string) => Promise<string | undefined>;
  readonly #readEvents: ReturnType<typeof createEventRead>;
  #member: ClusterMember | undefined;
  /** True if letters of other nodes may be lost. */
  #mayHaveLost = false;

  constructor(database: Database) {
    this.#database = database;
    const { query, urgentQuery, names, node } = database.context;
    const reportTo = (during: string) => (error: unknown) => this.#onFailure(error, during);
    this.#mailbox = new Mailbox({ query: urgentQuery, names }, () => node.id, {
      // A node that died before is reported no more.
      onUnknown: (id) => this.#requests.onGone(id),
      onFailure: reportTo("send to another node"),
    });
    this.#requests = new Requests((letter) => this.#mailbox.send(letter));
    this.#reader = new EventReader({
      query,
      names,
      onEvents: (recorded) => this.#member?.onEvents(recorded),
      wake: () => this.#reading.wake(),
    });
    this.#findOwner = createFindOwner(database.context);
    this.#readEvents = createEventRead(query, names);
    this.#reading = new WakeLoop(() => this.#reader.read(), reportTo("read events of other nodes"));
    this.#taking = new WakeLoop(() => this.#takeMail(), reportTo("read what other nodes sent"));
  }

  get isAlive(): boolean {
    return this.#database.node.isAlive;
  }

  join(member: ClusterMember): () => void {
    if (this.#member)
      throw new StoreError("INVALID_OPTION", "`cluster` must have one gateway, got a second one.");
    this.#member = member;
    const { hooks, node } = this.#database;
    hooks.payloadOf = payloadOf;
    hooks.onNotification = (payload) => this.#onNotification(payload);
    hooks.onGone = (id) => this.#onGone(id);
    const stopListening = node.listen({
      onFenced: () => member.onOwnershipLost(),
      onStale: (isStale) => {
        if (isStale) member.onOwnershipLost();
      },
      // Notifications were lost while the connection was.
      onConnected: () => {
        this.#mayHaveLost = true;
        this.#poll();
      },
    });
    const polling = setInterval(() => this.#poll(), POLL_MS).unref();
    return () => {
      this.#member = undefined;
      clearInterval(polling);
      stopListening();
      hooks.payloadOf = () => undefined;
      this.#requests.onGone();
    };
  }

  async ownerOf(sessionId: string): Promise<string | undefined> {
    return orStoreError("READ_FAILED", () => this.#findOwner(sessionId));
  }

  async request(name: string, body: string): Promise<string> {
    return this.#requests.ask(Number(name), body);
  }

  broadcast(body: string): void {
    this.#mailbox.send({ body: encode({ kind: "notice", body }) });
  }

  async follow(sessionId: string): Promise<number> {
    for (;;) {
      try {
        return await this.#reader.follow(sessionId);
      } catch (error) {
        if (!(error instanceof ConnectionLost) || !this.#member) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  unfollow(sessionId: string): void {
    this.#reader.unfollow(sessionId);
  }

  async *read(
    sessionId: string,
    { after, signal }: { after: number; signal?: AbortSignal | undefined },
  ): AsyncIterable<RecordedEvent> {
    for await (const recorded of this.#readEvents({ sessionId, after })) {
      if (signal?.aborted) return;
      yield recorded;
    }
  }

  #poll(): void {
    this.#reader.markAll();
    this.#reading.wake();
    this.#taking.wake();
  }

  #onNotification(payload: string): void {
    const read = readPayload(payload);
    const { id = 0 } = this.#database.node;
    if (read.kind === "mail") {
      if (read.nodes?.has(id) ?? true) this.#taking.wake();
    } else if (read.kind === "events") this.#reader.onNewest(read.newest);
    else this.#poll();
  }

  #onGone(id: number): void {
    this.#requests.onGone(id);
    this.#member?.onNodeGone(String(id));
    this.#mailbox.sweep().catch((error: unknown) => this.#onFailure(error, "delete mail of a dead node"));
  }

  async #takeMail(): Promise<void> {
    let letters: readonly ReceivedLetter[];
    try {
      letters = await this.#mailbox.take();
    } catch (error) {
      // Letters may be deleted and not here.
      this.#mayHaveLost = true;
      throw error;
    }
    if (this.#mayHaveLost) this.#askAgain();
    this.#mayHaveLost = false;
    for (const { from, body } of letters) {
      const envelope = decode(body);
      switch (envelope.kind) {
        case "request":
          if (!this.#member) this.#requests.refuse(from, envelope.id);
          else void this.#requests.onRequest(from, envelope, (text) => this.#answer(text));
          break;
        case "answer":
          this.#requests.onAnswer(envelope.id, envelope.body);
          break;
        case "left":
          this.#requests.onLeft(envelope.id);
          break;
        case "lost":
          this.#requests.repeat(from);
          break;
        case "notice":
          this.#member?.onNotice(String(from), envelope.body);
      }
    }
  }

  /** Makes up for lost letters: requests and answers of this node, and those of others. */
  #askAgain(): void {
    this.#member?.onNoticesLost();
    this.#requests.repeat();
    this.#mailbox.send({ body: encode({ kind: "lost" }) });
  }

  async #answer(body: string): Promise<string> {
    if (!this.#member) throw new NodeGoneError("The node has left.");
    return this.#member.onRequest(body);
  }

  #onFailure(error: unknown, during: string): void {
    // The next poll repeats what a lost connection left undone.
    if (!(error instanceof ConnectionLost)) this.#database.context.onFailure(error, during);
  }
}

/** Returns a function that finds the living node, other than this one, that owns a session. */
function createFindOwner({ query, names: { schema }, node }: Database["context"]) {
  const text = `select s.id, n.id as owner from ${schema}.sessions s join ${schema}.nodes n on n.id = s.node
    where s.id = any($1) and n.id <> $2`;
  return shareStatements(async (ids: readonly string[]) => {
    const rows = await query({ text, values: [ids, node.id ?? 0], name: "owner_of" });
    return new Map(rows.map((row) => [String(row["id"]), String(row["owner"])]));
  });
}
