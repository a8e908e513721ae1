// The question: what do 10,000 events a second from 500 sessions need?
import { median, percentile, report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase, programOf } from "./database.mjs";

const PER_SECOND = sized(10_000, 100);
const SESSIONS = sized(500, 10);
const SECONDS = sized(10, 1);

await benchmarkWithDatabase(async ({ start }, database) => {
  const rows = [];
  for (const durability of ["os", "disk"]) {
    const source = await start(programOf("event-source.mjs"), {
      ...{ config: database.config, schema: `events_${durability}`, durability },
      ...{ sessions: SESSIONS, perSecond: PER_SECOND, seconds: SECONDS },
    });
    // The first time warms up.
    await source.ask("record", "times");
    const before = [(await source.usage()).cpuMicros, database.cpuMicros()];
    const startedAt = performance.now();
    const { times } = await source.ask("record", "times");
    const seconds = (performance.now() - startedAt) / 1000;
    const after = [(await source.usage()).cpuMicros, database.cpuMicros()];
    await source.stop();
    const [node = 0, data = 0] = after.map((micros, index) => micros - (before[index] ?? 0));
    rows.push({
      "": `ours, ${durability}`,
      "events/s": times.length / seconds,
      "node, µs/event": node / times.length,
      "database, µs/event": data / times.length,
      "cores of both": (node + data) / 1_000_000 / seconds,
      "written after, p50 ms": median(times),
      "p99 ms": percentile(times, 0.99),
    });
  }
  report({
    question: `${PER_SECOND} events a second from ${SESSIONS} sessions`,
    goal: "on two cores with the database on them",
    rows,
  });
});
