import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unhandledRejections } from "../../../scripts/unhandled-rejections.mjs";
import { openSessionStore } from "../src/index.ts";
import { openStore, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("no log");
    },
  ],
  ["is async and rejects", async () => Promise.reject(new Error("no log"))],
])("an onFailure that %s costs no session and ends no process", async (_, report) => {
  const reasons = unhandledRejections();
  await using folder = await temporaryFolder();
  for (const id of ["bad", "good"]) writeTranscript(folder.path, id, ["one"]);
  rmSync(transcriptPath(folder.path, "bad"));
  mkdirSync(transcriptPath(folder.path, "bad"));
  mkdirSync(join(folder.path, "live"));
  writeFileSync(join(folder.path, "live", "bad.jsonl"), "{}\n");
  let count = 0;
  const onFailure = () => {
    count += 1;
    return report() as void;
  };
  const store = await openSessionStore(folder.path, { onFailure });
  expect((await store.listSessions()).sessions.map(({ sessionId }) => sessionId)).toEqual(["good"]);
  const hits: string[] = [];
  for await (const { session } of store.searchSessions("one")) hits.push(session.sessionId);
  expect(hits).toEqual(["good"]);
  expect(await store.recover()).toEqual([]);
  await store.appendMessage("good", says("two"));
  await store.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(count).toBe(2);
  expect(reasons).toEqual([]);
});

test("a file under the name of a folder of the store is named", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "aa", ["one"]);
  await using store = await openStore(folder.path);
  for (const [name, act] of [
    ["archive", () => store.archiveSession("aa")],
    ["deleted", () => store.deleteSession("aa")],
  ] as const) {
    writeFileSync(join(folder.path, name), "");
    const message = `EEXIST: ${join(folder.path, name)} must be a folder. Move what is there elsewhere`;
    await expect(act()).rejects.toMatchObject({ code: "WRITE_FAILED", message });
    rmSync(join(folder.path, name));
  }
});

test("options that throw when they are read are refused by name", async () => {
  await using folder = await temporaryFolder();
  const trap = () => {
    throw new Error("trap");
  };
  const options = new Proxy({}, { ownKeys: trap, get: trap });
  const refused = {
    code: "INVALID_OPTION",
    message: "`options` must be a readable object, got an object.",
  };
  await expect(openSessionStore(folder.path, options)).rejects.toMatchObject(refused);
  await using store = await openStore(folder.path);
  await expect(store.listSessions(options)).rejects.toMatchObject(refused);
});
