import { createRandomSource } from "@mini-openclaw/protocol/shared";
import { v7 } from "uuid";

const rng = createRandomSource();

/** Creates a UUID v7. Within a millisecond, ids need not ascend. */
export function createId(): string {
  return v7({ rng });
}
