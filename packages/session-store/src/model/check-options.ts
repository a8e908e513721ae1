import type { AppendOptions } from "@mini-openclaw/protocol";
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

export function assertAppendOptions({ idempotencyKey, expect, durability }: AppendOptions): void {
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
