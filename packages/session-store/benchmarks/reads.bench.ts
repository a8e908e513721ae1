// The question: what do the last 50 messages of a 100 MB transcript cost, and the opening of its
// log?
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSessionStore } from "../src/index.ts";

const timestamp = 1_767_225_600_000;
const folder = mkdtempSync(join(tmpdir(), "session-store-bench-"));
const path = join(folder, "large.jsonl");

function fill(): void {
  const header = { type: "session", v: 1, sessionId: "large", key: "webchat", createdAt: timestamp };
  writeFileSync(path, `${JSON.stringify(header)}\n`);
  let seq = 0;
  while (statSync(path).size < 100_000_000) {
    let lines = "";
    for (let line = 0; line < 2_000; line += 1) {
      seq += 1;
      lines += `${JSON.stringify({ seq, id: `id-${seq}`, role: "user", content: "x".repeat(440), timestamp })}\n`;
    }
    appendFileSync(path, lines);
  }
}

async function median(name: string, times: number, run: () => Promise<unknown>): Promise<void> {
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const start = performance.now();
    await run();
    taken.push(performance.now() - start);
  }
  taken.sort((left, right) => left - right);
  const rss = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(
    `${name.padEnd(56)} ${(taken[times >> 1] ?? 0).toFixed(2).padStart(9)} ms   (memory ${rss} MiB)`,
  );
}

try {
  fill();
  const store = await openSessionStore(folder);
  await median("last 50 of 100 MB", 50, () => store.loadMessages("large", { limit: 50 }));
  await median("last 1,000 of 100 MB", 20, () => store.loadMessages("large", { limit: 1_000 }));
  await median("all entries of 100 MB, one by one", 1, async () => {
    for await (const _ of store.entries("large"));
  });
  await median("first opening by a writer, no cache", 1, () =>
    store.appendMessage("large", { role: "user", content: "x", timestamp }),
  );
  await store.close();
  const again = await openSessionStore(folder);
  await median("later openings by a writer", 20, async () => (await again.openLog("large")).close());
  await again.close();
  await median("for comparison: read and parse it all, keep 50", 1, async () =>
    (await readFile(path, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown)
      .slice(-50),
  );
} finally {
  rmSync(folder, { recursive: true });
}
