// The question: how fast are lists, history, search and the start of a node at a million sessions
// and a million messages?
import { createPostgresStore } from "@mini-openclaw/postgres";
import { cursorAfter } from "@mini-openclaw/session-store/kit";
import pg from "pg";
import { median, percentile, report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";
import { fill } from "./fill.mjs";

const SESSIONS = sized(1_000_000, 2_000);
const LONG = sized(10_000, 100);
const CALLS = sized(200, 3);
const HITS = 20;
const schema = "million";

await benchmarkWithDatabase(async ({ folder }, database) => {
  const pool = new pg.Pool(database.config);
  const open = () => createPostgresStore({ pool, schema });
  let store = await open();
  const { sessionId } = await store.createSession("bench");
  await store.appendMessage(sessionId, { role: "user", content: "TEXT", timestamp: 1_767_225_600_000 });
  // Without what the store has in memory.
  await store.close();
  const startedAt = performance.now();
  const words = await fill(database, folder(), { schema, sessionId, sessions: SESSIONS, long: LONG });
  console.log(`Filled in ${Math.round((performance.now() - startedAt) / 1000)} s.`);
  store = await open();
  const some = await pool.query(
    `select id, updated from "${schema}".sessions where num in (select 2 + (random() * ($1 - 2))::int from generate_series(1, $2))`,
    [SESSIONS, CALLS],
  );
  const cursors = some.rows.map(({ id, updated }) => cursorAfter({ sessionId: id, updatedAt: updated }));
  const at = (/** @type {any[]} */ list, /** @type {number} */ index) => list[index % list.length];

  /** @type {Record<string, (index: number) => Promise<number>>} */
  const reads = {
    "newest 20 sessions": async () => (await store.listSessions({ limit: HITS })).sessions.length,
    "20 sessions after a cursor": async (index) =>
      (await store.listSessions({ limit: HITS, cursor: at(cursors, index) })).sessions.length,
    "the 20 sessions of a user": async (index) => {
      const keyPrefix = `bench:${(index * 7919) % (SESSIONS / 20)}:`;
      return (await store.listSessions({ limit: HITS, keyPrefix })).sessions.length;
    },
    "newest 50 messages of 10,000": async () => (await store.loadMessages(sessionId)).length,
    "50 messages before a number": async (index) =>
      (await store.loadMessages(sessionId, { before: LONG - ((index * 17) % (LONG - 50)) })).length,
  };
  report({
    question: `Reads of ${SESSIONS} sessions, ms`,
    goal: "p50: at most 2 ms",
    rows: await measureAll(reads),
  });

  const rank = (/** @type {string[]} */ list, /** @type {number} */ from, /** @type {number} */ index) =>
    String(list[from + ((index * 31) % 100)]);
  /** @param {(index: number) => string} textOf @param {object} [options] */
  const search = (textOf, options) => async (/** @type {number} */ index) => {
    let hits = 0;
    for await (const _hit of store.searchSessions(textOf(index), options)) if ((hits += 1) === HITS) break;
    return hits;
  };
  const { english, chinese } = words;
  /** @type {Record<string, (index: number) => Promise<number>>} */
  const searches = {
    "a frequent word": search((index) => rank(english, 0, index)),
    "a rare word": search((index) => rank(english, 1_800, index)),
    "a part of a rare word": search((index) => rank(english, 1_800, index).slice(1, 5)),
    "two words, one after the other": search(
      (index) => `${rank(english, 0, index)} ${rank(english, 500, index)}`,
    ),
    "a word that nobody wrote": search((index) => `zq${rank(english, 0, index)}`),
    "a frequent Chinese word": search((index) => rank(chinese, 0, index)),
    "two Chinese characters": search((index) => rank(chinese, 1_000, index).slice(0, 2)),
    "a rare Chinese word": search((index) => rank(chinese, 1_800, index)),
    "among the sessions of a user": async (index) =>
      search(() => rank(english, 0, index), { keyPrefix: `bench:${(index * 7919) % (SESSIONS / 20)}:` })(
        index,
      ),
  };
  report({
    question: `Search of ${SESSIONS} messages until ${HITS} hits, ms`,
    goal: "p95: at most 20 ms",
    rows: await measureAll(searches),
  });

  const nodes = {
    "a node opens the store": async () => {
      const other = await open();
      const recovered = await other.recover();
      await other.close();
      return recovered.length;
    },
  };
  report({
    question: "Start of a node and its end, ms",
    goal: "at most 1,000 ms",
    rows: await measureAll(nodes, sized(10, 1)),
  });
  await store.close();
  await pool.end();
});

/**
 * @param {Record<string, (index: number) => Promise<number>>} questions
 * @param {number} calls
 */
async function measureAll(questions, calls = CALLS) {
  const rows = [];
  for (const [name, ask] of Object.entries(questions)) {
    /** @type {number[]} */
    const times = [];
    let found = 0;
    for (let index = 0; index < calls; index += 1) {
      const startedAt = performance.now();
      found += await ask(index);
      times.push(performance.now() - startedAt);
    }
    rows.push({ "": name, p50: median(times), p95: percentile(times, 0.95), found: found / calls });
  }
  return rows;
}
