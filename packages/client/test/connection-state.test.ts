import { defaultLimits } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import {
  type ConnectionInput,
  type ConnectionState,
  nextConnection,
} from "../src/connection/connection-state.ts";
import { ClientError } from "../src/lib/errors.ts";

const greeting = { type: "connected", sessionId: "s", limits: defaultLimits } as const;
const refusal = new ClientError("UNAUTHORIZED", "that is not the token");
const states: Record<ConnectionState["phase"], ConnectionState> = {
  connecting: { phase: "connecting", attempt: 2 },
  open: { phase: "open", attempt: 2, since: 1000, sessionId: "s", limits: defaultLimits, draining: false },
  waiting: { phase: "waiting", attempt: 2, retryAt: 5000 },
  held: { phase: "held", attempt: 2 },
  closed: { phase: "closed" },
};
const inputs: Record<ConnectionInput["type"], ConnectionInput> = {
  connected: { type: "connected", greeting, now: 2000 },
  draining: { type: "draining" },
  lost: { type: "lost", now: 2000, random: 0 },
  hold: { type: "hold" },
  retry: { type: "retry" },
  close: { type: "close" },
};

test.each([
  ["connecting", ["open", "connecting", "waiting", "connecting", "connecting", "closed"]],
  ["open", ["open", "open", "waiting", "open", "open", "closed"]],
  ["waiting", ["waiting", "waiting", "waiting", "held", "connecting", "closed"]],
  ["held", ["held", "held", "held", "held", "connecting", "closed"]],
  ["closed", ["closed", "closed", "closed", "closed", "closed", "closed"]],
] as const)("from %s: greeted, draining, lost, held, tried again, closed", (phase, expected) => {
  const next = Object.values(inputs).map((input) => nextConnection(states[phase], input));

  expect(next.map((state) => state.phase)).toEqual(expected);
});

test("waits twice as long after each failure in a row, up to 15 s, spread over all of it", () => {
  const delays = (random: number) =>
    [0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => {
      const state = nextConnection({ phase: "connecting", attempt }, { type: "lost", now: 0, random });
      return state.phase === "waiting" && state.retryAt;
    });

  expect(delays(0.25)).toEqual([25, 50, 100, 200, 400, 800, 1600, 3750]);
  expect(delays(1)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 15_000]);
  // A `random` of the app that returns no number does not make a client connect without a pause.
  expect(delays(Number.NaN)).toEqual(delays(1));
});

test.each([
  ["at once counts as one more failure", 4999, 3],
  ["after 5 s is the first failure", 5000, 1],
])("a connection that is lost %s", (_, lastedMs, attempt) => {
  const lost = { type: "lost", now: 1000 + lastedMs, random: 0 } as const;

  expect(nextConnection(states.open, lost)).toMatchObject({ phase: "waiting", attempt });
});

test.each([states.connecting, states.open])(
  "is held when it is lost, $phase, for a reason that is not retryable",
  (state) => {
    const lost = { type: "lost", now: 2000, random: 0, error: refusal } as const;

    expect(nextConnection(state, lost)).toEqual({ phase: "held", attempt: 3, error: refusal });
  },
);

test("marks an open connection as draining", () => {
  const draining = nextConnection(states.open, inputs.draining);

  expect(draining).toEqual({ ...states.open, draining: true });
});
