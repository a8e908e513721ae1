import type { RunOutcome } from "@mini-openclaw/protocol";
import type { FinishReason } from "../shared/ui-chunk.ts";

/** The reasons that clients get for the ends of runs. */
export const finishReasons: Readonly<Record<RunOutcome, FinishReason>> = {
  completed: "stop",
  aborted: "interrupted",
  interrupted: "interrupted",
  max_rounds: "length",
  budget: "length",
  loop_detected: "other",
  refused: "content-filter",
  failed: "error",
};
