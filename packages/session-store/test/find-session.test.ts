import type { ListSessionsOptions, SessionMeta } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { findSession } from "../src/cli/find-session.ts";
import { openStore, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("finds a session by a part of its id without reading the others", async () => {
  await using folder = await temporaryFolder();
  for (const id of ["first", "second", "third"]) writeTranscript(folder.path, id, ["one"]);
  await using store = await openStore(folder.path);
  await store.archiveSession("third");
  const lists: ListSessionsOptions[] = [];
  const reads: string[] = [];
  const counting = {
    ...store,
    listSessions(options: ListSessionsOptions = {}) {
      lists.push(options);
      return store.listSessions(options);
    },
    getSession(sessionId: string): Promise<SessionMeta | undefined> {
      reads.push(sessionId);
      return store.getSession(sessionId);
    },
  };
  const find = (name: string) => findSession(counting as typeof store, folder.path, name);
  expect(await find("seco")).toMatchObject({ sessionId: "second" });
  expect(await find("hird")).toMatchObject({ sessionId: "third", archived: true });
  expect(reads.filter((id) => id === "first")).toEqual([]);
  expect(lists.every(({ limit, key }) => limit === 1 && key !== undefined)).toBe(true);
  expect(await find("webchat")).not.toHaveProperty("archived");
});
