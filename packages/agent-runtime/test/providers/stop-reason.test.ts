import { describe, expect, test } from "vitest";
import { failsTurn, toStopReason } from "../../src/providers/convert/stop-reason.ts";

describe("a server's stop reason", () => {
  test.each([
    ["end_turn", ["stop", "STOP", "eos", "eos_token", "COMPLETE", "end_turn", ""]],
    ["tool_use", ["tool_calls", "tool_call", "function_call", "tool_use"]],
    [
      "max_tokens",
      ["length", "LENGTH", "max_tokens", "MAX_TOKENS", "max_new_tokens", "max_output_tokens", "model_length"],
    ],
    ["model_context_window_exceeded", ["model_context_window_exceeded", "context_length_exceeded"]],
    [
      "refusal",
      [
        "refusal",
        "content_filter",
        "content_filtered",
        "sensitive",
        "SAFETY",
        "RECITATION",
        "PROHIBITED_CONTENT",
        "BLOCKLIST",
        "SPII",
        "guardrail_intervened",
      ],
    ],
  ])("means %s for all who name it so", (expected, reasons) => {
    expect(reasons.map((reason) => toStopReason(reason, false))).toEqual(reasons.map(() => expected));
    expect(reasons.filter(failsTurn)).toEqual([]);
  });

  test.each(["stop_sequence", "pause_turn", "tired", "constructor", "OTHER"])(
    "%s stays as it is",
    (reason) => {
      expect(toStopReason(reason, true)).toBe(reason);
    },
  );

  test("counts as the end of a turn with calls when it is missing", () => {
    expect(toStopReason(undefined, true)).toBe("tool_use");
  });

  test.each([
    "error",
    "network_error",
    "insufficient_system_resource",
    "abort",
    "MALFORMED_FUNCTION_CALL",
    "cancelled",
    "timeout",
    "rate_limit",
  ])("%s is a failure of the server", (reason) => {
    expect(failsTurn(reason)).toBe(true);
  });
});
