import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { SessionEvent } from "@mini-openclaw/protocol";
import { all, type PortTests, runEvents } from "./fixtures.ts";

const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
const id = createHash("sha256").update(bytes).digest("hex");

function withBlob(runId: string, blob: string): SessionEvent {
  const { user } = runEvents(runId);
  return { ...user, blocks: [{ type: "image", mediaType: "image/png", blob, bytes: bytes.length }] };
}

/** The tests of stores that have blobs. They pass in stores without. */
export const blobTests: PortTests = {
  "returns a saved blob by the SHA-256 of its bytes": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    if (!log.saveBlob || !store.loadBlob) return;
    assert.equal(await log.saveBlob(bytes), id);
    assert.equal(await log.saveBlob(bytes), id);
    await log.record([withBlob("r1", id)]);
    await log.close();
    assert.deepEqual(Uint8Array.from((await store.loadBlob(sessionId, id)) ?? []), bytes);
    assert.equal(await store.loadBlob(sessionId, "0".repeat(64)), undefined);
    assert.equal(await store.loadBlob(sessionId, "../../etc/passwd"), undefined);
    const [entry] = await all(store.entries(sessionId));
    assert.deepEqual(entry && "blocks" in entry && entry.blocks?.[0], {
      type: "image",
      mediaType: "image/png",
      blob: id,
      bytes: bytes.length,
    });
  },
  "has the blobs of a fork's entries in the fork, also when the origin is deleted": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    if (!log.saveBlob || !store.loadBlob) return;
    const { end } = runEvents("r1");
    await log.record([withBlob("r1", await log.saveBlob(bytes)), end]);
    const before = log.lastSeq;
    const later = await log.saveBlob(Uint8Array.of(1, 2, 3));
    await log.record([withBlob("r2", later), { ...end, runId: "r2" }]);
    await log.settle();
    await log.close();
    const fork = await store.forkSession(sessionId, { at: before });
    await store.deleteSession(sessionId);
    assert.deepEqual(Uint8Array.from((await store.loadBlob(fork.sessionId, id)) ?? []), bytes);
    assert.equal(await store.loadBlob(fork.sessionId, later), undefined);
    await store.undeleteSession(sessionId);
    assert.deepEqual(Uint8Array.from((await store.loadBlob(sessionId, id)) ?? []), bytes);
  },
  "keeps blobs of an archived session": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    if (!log.saveBlob || !store.loadBlob) return;
    await log.record([withBlob("r1", await log.saveBlob(bytes)), runEvents("r1").end]);
    await log.settle();
    await log.close();
    await store.archiveSession(sessionId);
    assert.equal((await store.loadBlob(sessionId, id))?.length, bytes.length);
  },
};
