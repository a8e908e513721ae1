import type {
  AppendOptions,
  CreateSessionOptions,
  ForkSessionOptions,
  GetSessionOptions,
  ListSessionsOptions,
  LoadMessagesOptions,
  SearchSessionsOptions,
} from "@mini-openclaw/protocol";
import { createOptionChecks } from "@mini-openclaw/protocol/shared";
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
  },
  listSessions(options: ListSessionsOptions): void {
    check.known("listSessions", options, listOptions);
    assertFlag("archived", options.archived);
  },
  searchSessions(options: SearchSessionsOptions): void {
    check.known("searchSessions", options, searchOptions);
    assertFlag("archived", options.archived);
  },
  loadMessages(options: LoadMessagesOptions): void {
    check.known("loadMessages", options, loadOptions);
    if (options.role !== undefined) check.oneOf("role", options.role, roles);
  },
  entries(options: { after?: number }): void {
    check.known("entries", options, { after: true });
  },
};

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
