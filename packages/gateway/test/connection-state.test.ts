import { expect, test } from "vitest";
import {
  type ConnectionInput,
  type ConnectionState,
  frameCount,
  newConnection,
  nextConnection,
} from "../src/connection/connection-state.ts";

function after(...inputs: ConnectionInput[]): ConnectionState {
  return inputs.reduce(nextConnection, newConnection);
}

function times(count: number, ...inputs: ConnectionInput[]): ConnectionInput[] {
  return Array.from({ length: count }, () => inputs).flat();
}

const tooMany = { phase: "closed", closeReason: { code: 1008, reason: "too many frames at once" } };
const tooOften = { phase: "closed", closeReason: { code: 1008, reason: "too many refused frames in a row" } };

test.each<[string, ConnectionInput[], object]>([
  ["begins without its session", [], { phase: "opening" }],
  ["is open when its session is there", ["entered"], { phase: "open" }],
  ["lets frames wait until then", ["frame_came", "entered"], { phase: "open", waitingFrames: 1 }],
  ["takes 100 frames ahead", times(100, "frame_came"), { waitingFrames: 100 }],
  ["ends with the 101st", times(101, "frame_came"), tooMany],
  ["counts only frames that wait", times(1000, "frame_came", "frame_taken"), { waitingFrames: 0 }],
  ["bears 99 refused frames in a row", times(99, "frame_refused"), { refusedFrames: 99 }],
  ["ends with the 100th", times(100, "frame_refused"), tooOften],
  [
    "counts refused frames anew after one that was not",
    [...times(99, "frame_refused"), "frame_done", ...times(99, "frame_refused")],
    { refusedFrames: 99 },
  ],
  ["is closed when its client went", ["entered", "gone"], { phase: "closed" }],
  [
    "is closed for the first reason",
    [{ code: 1001, reason: "stopping" }, "gone"],
    { closeReason: { code: 1001 } },
  ],
  ["is about to open when its client has proved who it is", ["proved"], { phase: "opening" }],
  ["does not open again", ["gone", "entered", "frame_came"], { phase: "closed" }],
])("a connection %s", (_what, inputs, expected) => {
  expect(after(...inputs)).toMatchObject(expected);
});

test.each([
  ["", 1],
  ["x".repeat(1_048_576), 1],
  ["x".repeat(1_048_577), 2],
  ["x".repeat(8_388_608), 8],
  [new ArrayBuffer(5_000_000), 1],
])("counts a frame once for each MiB", (frame, count) => {
  expect(frameCount(frame)).toBe(count);
});
