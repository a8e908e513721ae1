import type { SessionLog } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { checkStore } from "../src/run/check-store.ts";

test("closes a log that it refuses, so that the session can be opened again", async () => {
  const memory = createMemoryStore();
  const { sessionId } = await memory.createSession("webchat");
  let isBroken = true;
  const openLog = async (id: string): Promise<SessionLog> => {
    const log = await memory.openLog(id);
    return isBroken ? ({ close: () => log.close() } as SessionLog) : log;
  };
  const store = checkStore(Object.assign(Object.create(memory), { openLog }));

  await expect(store.openLog(sessionId)).rejects.toThrow(/`store\.openLog` must return a log with/);
  isBroken = false;
  const log = await store.openLog(sessionId);

  expect(log.sessionId).toBe(sessionId);
  await log.close();
});
