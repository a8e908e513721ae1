import type { NumberedEvent, RecordedEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { WaitingApprovals } from "../src/run/waiting-approvals.ts";

function recorded(sessionId: string, event: object): RecordedEvent[] {
  return [{ event: { sessionId, seq: 1, ...event } as NumberedEvent, json: "" }];
}
const request = (runId: string, callId: string) => ({ type: "approval_request", runId, callId });
const done = (runId: string, callId: string) => ({ type: "approval_done", runId, callId });

test("reports a session once when its first call waits and once when its last call is decided", () => {
  const approvals = new WaitingApprovals();

  expect(approvals.follow(recorded("s1", request("r1", "c1")))).toEqual(["s1"]);
  expect(approvals.follow(recorded("s1", request("r1", "c2")))).toEqual([]);
  expect(approvals.follow(recorded("s1", done("r1", "c1")))).toEqual([]);
  expect(approvals.has("s1")).toBe(true);
  expect(approvals.follow(recorded("s1", done("r1", "c2")))).toEqual(["s1"]);
  expect(approvals.has("s1")).toBe(false);
});

test("forgets the calls of a run that ends, and of no other run", () => {
  const approvals = new WaitingApprovals();
  approvals.follow(recorded("s1", request("r1", "c1")));
  approvals.follow(recorded("s2", request("r2", "c1")));

  expect(approvals.follow(recorded("s1", { type: "run_end", runId: "r1" }))).toEqual(["s1"]);
  expect([approvals.has("s1"), approvals.has("s2")]).toEqual([false, true]);
});

test("ignores decisions and ends of calls that it does not know", () => {
  const approvals = new WaitingApprovals();

  expect(approvals.follow(recorded("s1", done("r1", "c1")))).toEqual([]);
  expect(approvals.follow(recorded("s1", { type: "run_end", runId: "r1" }))).toEqual([]);
});
