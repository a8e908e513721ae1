import type {
  AppendOptions,
  CreateSessionOptions,
  ForkSessionOptions,
  GetSessionOptions,
  ListSessionsOptions,
  LoadMessagesOptions,
  SearchSessionsOptions,
  SessionEvent,
} from "@mini-openclaw/protocol";
import { createOptionChecks, mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "./errors.ts";

// As long as an id of any message queue.
const MAX_IDEMPOTENCY_KEY_CHARS = 256;
// Fits into one line of a list.
const MAX_TITLE_CHARS = 200;
// As long as an id of any identity provider.
const MAX_OWNER_CHARS = 512;

/** The checks of options. Each throws a StoreError with the code `INVALID_OPTION`. */
export const check = createOptionChecks(StoreError);

type Names<Options> = Readonly<Record<keyof Options, true>>;

const appendOptions: Names<AppendOptions> = { idempotencyKey: true, expect: true, durability: true };
const createOptions: Names<CreateSessionOptions> = { owner: true, parent: true };
const getOptions: Names<GetSessionOptions> = { deleted: true };
const forkOptions: Names<ForkSessionOptions> = { at: true, key: true, owner: true };
const listOptions: Names<ListSessionsOptions> = {
  limit: true,
  key: true,
  keyPrefix: true,
  archived: true,
  cursor: true,
};
const searchOptions: Names<SearchSessionsOptions> = {
  key: true,
  keyPrefix: true,
  archived: true,
  cursor: true,
  signal: true,
};
const loadOptions: Names<LoadMessagesOptions> = { limit: true, before: true, role: true };

/** The checks of the options of a store's methods. Both stores begin with them. */
export const checkOptions = {
  createSession(options: CreateSessionOptions): void {
    check.known("createSession", options, createOptions);
    assertOwner(options.owner);
  },
  getSession(options: GetSessionOptions): void {
    check.known("getSession", options, getOptions);
    assertFlag("deleted", options.deleted);
  },
  forkSession(options: ForkSessionOptions): void {
    check.known("forkSession", options, forkOptions);
    if (options.at !== undefined) check.integer("at", options.at);
  },
  listSessions(options: ListSessionsOptions): void {
    check.known("listSessions", options, listOptions);
    assertFilter(options);
  },
  searchSessions(options: SearchSessionsOptions): void {
    check.known("searchSessions", options, searchOptions);
    assertFilter(options);
    assertSignal(options.signal);
  },
  loadMessages(options: LoadMessagesOptions): void {
    check.known("loadMessages", options, loadOptions);
    if (options.role !== undefined) check.oneOf("role", options.role, roles);
    if (options.before !== undefined) check.number("before", options.before);
  },
  entries(options: { after?: number }): void {
    check.known("entries", options, { after: true });
    if (options.after !== undefined) check.number("after", options.after);
  },
  read(options: { after?: number; signal?: AbortSignal }): void {
    check.known("read", options, { after: true, signal: true });
    if (options.after !== undefined) check.number("after", options.after);
    assertSignal(options.signal);
  },
};

function assertFilter({ archived, key, keyPrefix = "" }: ListSessionsOptions): void {
  assertFlag("archived", archived);
  if (key !== undefined) check.text("key", key);
  if (keyPrefix !== "") check.text("keyPrefix", keyPrefix);
}

/** Accepts the signal of another realm too. */
function assertSignal(signal: AbortSignal | undefined): void {
  const { addEventListener, throwIfAborted } = (signal ?? {}) as Partial<AbortSignal>;
  const isSignal = typeof addEventListener === "function" && typeof throwIfAborted === "function";
  if (signal === undefined || isSignal) return;
  throw new StoreError("INVALID_OPTION", mustBe("signal", "an AbortSignal", signal));
}

/** @throws StoreError `INVALID_MESSAGE` unless a log can record them */
export function assertEvents(events: readonly SessionEvent[]): void {
  if (Array.isArray(events)) return;
  throw new StoreError("INVALID_MESSAGE", mustBe("events", "an array", events));
}

export function assertBytes(bytes: Uint8Array): void {
  if (bytes instanceof Uint8Array) return;
  throw new StoreError("INVALID_OPTION", mustBe("bytes", "a Uint8Array", bytes));
}

const roles = ["user", "assistant", "tool", "system"] as const;

function assertFlag(name: string, value: boolean | undefined): void {
  if (value !== undefined) check.oneOf(name, value, [true, false]);
}

export function assertAppendOptions(options: AppendOptions): void {
  check.known("appendMessages", options, appendOptions);
  const { idempotencyKey, expect, durability } = options;
  if (idempotencyKey !== undefined) {
    check.text("idempotencyKey", idempotencyKey, MAX_IDEMPOTENCY_KEY_CHARS);
  }
  if (expect !== undefined) check.integer("expect.seq", expect?.seq, { max: Number.MAX_SAFE_INTEGER });
  if (durability !== undefined) assertDurability(durability);
}

export function assertDurability(durability: "os" | "disk"): void {
  check.oneOf("durability", durability, ["os", "disk"]);
}

export function assertTitle(title: string): void {
  check.text("title", title, MAX_TITLE_CHARS);
}

export function assertOwner(owner: string | undefined): void {
  if (owner !== undefined) check.text("owner", owner, MAX_OWNER_CHARS);
}

/** @throws StoreError `SEQ_MISMATCH` unless the newest number is the expected one */
export function assertExpected(expect: AppendOptions["expect"], lastSeq: number): void {
  if (expect === undefined || expect.seq === lastSeq) return;
  const text = `\`expect.seq\` must be the session's newest number ${lastSeq}, got ${expect.seq}. Read again, then retry.`;
  throw new StoreError("SEQ_MISMATCH", text);
}
