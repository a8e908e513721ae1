import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import pg from "pg";
import { ConnectionLost, isExhausted, isLost, reasonOf } from "./pg-error.ts";
import { resultTypes } from "./result-types.ts";

/** A statement with its values. One with a name is prepared once for each connection. */
export interface Statement {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
  /** True for a statement that must not run twice. A pool repeats others. */
  readonly isOnce?: true;
}

export type Row = Record<string, unknown>;

/** Runs one statement, and returns its rows. Rejects with `ConnectionLost` after the deadline. */
export type Query = (statement: Statement, deadlineMs?: number) => Promise<Row[]>;

/** The facts of a new connection. */
export interface Connected {
  /**
   * True behind a pooler in transaction mode. Such a connection has no session: no `set`, no
   * advisory lock, no `listen`, no prepared statement.
   */
  readonly isPooled: boolean;
}

export interface ConnectionOptions {
  readonly config: pg.ClientConfig;
  /** Prepares each new connection before its first statement. */
  readonly onConnect?: (query: Query, connected: Connected) => Promise<void>;
  /** Returns the name of a connection with a session in the list of the server's connections. */
  readonly applicationName?: () => string | undefined;
  /** Called with the payload of each notification. */
  readonly onNotification?: (payload: string) => void;
  /**
   * Connects again the moment the connection ends, not at the next statement.
   * @default false
   */
  readonly staysOpen?: boolean;
  /** Called with the first of several refusals in a row to connect again. */
  readonly onRefused?: (error: unknown) => void;
}

const DEADLINE_MS = 1_500;
const CONNECT_MS = 3_000;
const FIRST_RETRY_MS = 50;
// A database that is back is found soon. A node has four such connections.
const LAST_RETRY_MS = 250;
const REFUSED_MS = 500;

// The store has deadlines of its own. Those of a role or a pool are for statements of the app.
const OWN_SETTINGS = [
  "statement_timeout = 0",
  "lock_timeout = 0",
  "idle_in_transaction_session_timeout = 0",
  "idle_session_timeout = 0",
  "default_transaction_isolation = 'read committed'",
  // Without it, a null in an array is a text.
  "array_nulls = on",
];
const NO_DEADLINES: pg.ClientConfig = {
  statement_timeout: 0,
  lock_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  query_timeout: 0,
};

// A dead peer is noticed within seconds. Not every system and server has each of them.
const SETTINGS = [
  "tcp_user_timeout = 3000",
  "tcp_keepalives_idle = 2",
  "tcp_keepalives_interval = 1",
  "tcp_keepalives_count = 3",
  "client_connection_check_interval = 500",
];

/**
 * One connection to the database that connects again by itself.
 *
 * A statement that misses its deadline destroys the socket, because a rejected promise would leave
 * the statement running and the client stuck. Every client has its own listeners, since one without
 * them ends the process.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #connecting: Promise<Open> | undefined;
  /** Resolves when no statement runs or waits. */
  #last: Promise<unknown> = Promise.resolve();
  #connectedAt = 0;
  /** The tries to connect that failed in a row, and the error of the last one. */
  #failed: { readonly count: number; readonly error: unknown } | undefined;
  /** True after a connection without a pooler. The next one names itself as it is opened. */
  #hasSession = false;
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The time of the last successful connect, by the monotonic clock. */
  get connectedAt(): number {
    return this.#connectedAt;
  }

  /** Runs one statement after the earlier ones. @throws ConnectionLost if its outcome is unknown */
  readonly query: Query = (statement, deadlineMs = DEADLINE_MS) => {
    const end = performance.now() + deadlineMs;
    const result = this.#last.then(async () => {
      const open = await this.#openWithin(end - performance.now());
      return runQuery(open, statement, end - performance.now());
    });
    this.#last = result.catch(() => {});
    return result;
  };

  /** Connects, if the connection is not open. @throws ConnectionLost after the deadline */
  async connect(deadlineMs: number): Promise<void> {
    await this.#openWithin(deadlineMs);
  }

  /** Destroys the socket. The next statement connects again. */
  reset(): void {
    void this.#connecting?.then(({ socket }) => socket.destroy()).catch(() => {});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = await this.#connecting?.catch(() => undefined);
    if (!open) return;
    const timer = setTimeout(() => open.socket.destroy(), DEADLINE_MS);
    await open.client.end().catch(() => {});
    clearTimeout(timer);
  }

  #open(): Promise<Open> {
    if (this.#isClosed) return Promise.reject(new ConnectionLost("The connection is closed."));
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  async #openWithin(deadlineMs: number): Promise<Open> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const cause = this.#failed?.error;
        const why = cause === undefined ? "it does not answer." : reasonOf(cause);
        reject(new ConnectionLost(`The database cannot be reached in time: ${why}`, { cause }));
      }, deadlineMs);
    });
    try {
      return await Promise.race([this.#open(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Connects, and waits after each failure twice as long as before, up to a limit. */
  async #connect(): Promise<Open> {
    for (;;) {
      if (this.#isClosed) throw new ConnectionLost("The connection is closed.");
      const { count = 0 } = this.#failed ?? {};
      if (count > 0) await pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (count - 1)));
      try {
        const open = await this.#connectOnce();
        this.#failed = undefined;
        this.#connectedAt = performance.now();
        return open;
      } catch (error) {
        this.#failed = { count: count + 1, error };
        // A wrong password or database name stays wrong.
        if (isLost(error) || isExhausted(error)) continue;
        this.#connecting = undefined;
        throw error;
      }
    }
  }

  async #connectOnce(): Promise<Open> {
    const socket = toSocket(this.#options.config);
    const name = this.#options.applicationName?.();
    const client = new pg.Client({
      ...this.#options.config,
      ...NO_DEADLINES,
      // The other nodes look for it. A pooler would keep it for a node that is dead.
      ...(this.#hasSession && name !== undefined && { application_name: name }),
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      stream: () => socket,
    });
    endQueryTimeout(client);
    const open: Open = { client, socket, isPooled: false };
    // A client emits its error once for the socket and once for the statement.
    client.on("error", () => {});
    client.on("end", () => this.#ended(open));
    client.on("notification", ({ payload }) => this.#options.onNotification?.(payload ?? ""));
    try {
      await client.connect();
      const query: Query = (statement, deadlineMs = DEADLINE_MS) => runQuery(open, statement, deadlineMs);
      const [backend] = await query({ text: "select pg_backend_pid() as pid" });
      // A pooler answers with a process id of its own.
      open.isPooled = backend?.["pid"] !== processIdOf(client);
      this.#hasSession = !open.isPooled;
      if (!open.isPooled) {
        const settings =
          name === undefined ? OWN_SETTINGS : [`application_name = '${name}'`, ...OWN_SETTINGS];
        await query({ text: settings.map((setting) => `set ${setting}`).join("; ") });
        for (const setting of SETTINGS) await query({ text: `set ${setting}` }).catch(ignoreRefusal);
      }
      await this.#options.onConnect?.(query, open);
      return open;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #ended(open: Open): void {
    void this.#connecting?.then(
      (current) => {
        if (current !== open) return;
        this.#connecting = undefined;
        if (this.#options.staysOpen) void this.#stayOpen();
      },
      () => {},
    );
  }

  /** Connects again, also after refusals: a role may be locked for a while. Never rejects. */
  async #stayOpen(): Promise<void> {
    for (let refusals = 0; !this.#isClosed; refusals += 1) {
      try {
        await this.#open();
        return;
      } catch (error) {
        if (refusals === 0 && !this.#isClosed) this.#options.onRefused?.(error);
        await pause(REFUSED_MS);
      }
    }
  }
}

interface Open extends Connected {
  readonly client: pg.Client;
  readonly socket: Duplex;
  isPooled: boolean;
}

async function runQuery(
  { client, socket, isPooled }: Open,
  statement: Statement,
  deadlineMs: number,
): Promise<Row[]> {
  const timer = setTimeout(() => socket.destroy(), Math.max(0, deadlineMs));
  try {
    const { name, ...unnamed } = { ...statement, types: resultTypes };
    const { rows } = await client.query<Row>(isPooled || name === undefined ? unnamed : { ...unnamed, name });
    return rows;
  } catch (error) {
    if (!isLost(error)) throw error;
    socket.destroy();
    throw new ConnectionLost(`The connection to the database failed: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the socket of a new connection. The pool may have its own, as of a cloud's connector. */
function toSocket(config: pg.ClientConfig): Duplex {
  const create = config.stream as ((config: pg.ClientConfig) => Duplex | undefined) | undefined;
  return create?.(config) ?? new Socket();
}

/** Ends the deadline of a connection string, which `pg` prefers to that of the configuration. */
function endQueryTimeout(client: pg.Client): void {
  (
    client as unknown as { connectionParameters: { query_timeout: unknown } }
  ).connectionParameters.query_timeout = 0;
}

/** Returns the process id that the server sent, which the types of `pg` do not have. */
function processIdOf(client: pg.Client): unknown {
  return (client as unknown as { processID?: unknown }).processID;
}

/** Ignores a setting that the server or the system does not have. */
function ignoreRefusal(error: unknown): void {
  if (error instanceof ConnectionLost) throw error;
}

/** Waits between half of a time and all of it, so that nodes do not connect in step. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms * (0.5 + Math.random() / 2)));
}
