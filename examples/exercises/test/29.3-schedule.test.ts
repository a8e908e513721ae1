import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type * as solution from "../solutions/29.3-schedule.ts";
import { load } from "./load.ts";

const { schedule } = await load<typeof solution>("29.3-schedule");
beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

test("runs at each interval until it is ended, and not while a run is active", async () => {
  let release = () => {};
  let runs = 0;
  const agent = textAgent(async () => {
    runs += 1;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return "Done.";
  });
  const gateway = new GatewayServer({ store: createMemoryStore(), agent });
  const end = schedule(gateway, { key: "news", content: "What is new?", everyMs: 60_000 });
  const idle = () => expect.poll(() => gateway.health().runs).toBe(0);

  expect(runs).toBe(0);
  vi.advanceTimersByTime(60_000);
  await expect.poll(() => runs).toBe(1);
  vi.advanceTimersByTime(300_000);
  expect(gateway.health()).toMatchObject({ runs: 1, waiting: 0 });
  release();
  await idle();
  await vi.waitFor(() => {
    vi.advanceTimersByTime(60_000);
    expect(runs).toBe(2);
  });
  release();
  await idle();
  end();
  vi.advanceTimersByTime(300_000);
  await gateway.close();
  expect(runs).toBe(2);
});
