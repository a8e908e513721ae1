import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("many empty sessions of one owner push out only their own", async () => {
  await using folder = await temporaryFolder();
  const store = await openSessionStore(folder.path);
  const alice = await store.createSession("webchat", { owner: "alice" });
  const anonymous = await store.createSession("telegram:1");
  const first = await store.createSession("webchat", { owner: "bob" });

  for (let count = 0; count < 1000; count += 1) await store.createSession("webchat", { owner: "bob" });

  expect(await store.getSession(alice.sessionId)).toMatchObject({ owner: "alice" });
  expect(await store.getSession(anonymous.sessionId)).toMatchObject({ key: "telegram:1" });
  expect(await store.getSession(first.sessionId)).toBeUndefined();
  await store.close();
});
