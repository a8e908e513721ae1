// The question: how fast are lists, history, search and the start of a node at a million sessions
// and a million messages?
import { createPostgresStore } from "@mini-openclaw/postgres";
import { cursorAfter } from "@mini-openclaw/session-store/kit";
import pg from "pg";
import { median, percentile, report } from "../harness/report.mjs";
import { sized } from "../harness/sized.mjs";
import { benchmarkWithDatabase } from "./database.mjs";
import { fill, prefixOf, words } from "./fill.mjs";

const SESSIONS = sized(1_000_000, 2_000);
const LONG = sized(10_000, 100);
const SEARCHED = { sessions: sized(20_000, 100), messages: sized(50, 5) };
const CALLS = sized(200, 3);
const HITS = 20;
const USERS = SESSIONS / 20;

await benchmarkWithDatabase(async ({ folder }, database) => {
  const pool = new pg.Pool(database.config);
  /** @param {string} schema @param {{ sessions: number, messages: number, long: number }} shape */
  const openFilled = async (schema, shape) => {
    const store = await createPostgresStore({ pool, schema });
    const { sessionId } = await store.createSession("bench");
    await store.appendMessage(sessionId, { role: "user", content: "TEXT", timestamp: 1_767_225_600_000 });
    // Without what the store has in memory.
    await store.close();
    await fill(database, folder(), { schema, sessionId, ...shape });
    return { sessionId, store: await createPostgresStore({ pool, schema }) };
  };

  const { sessionId, store } = await openFilled("lists", { sessions: SESSIONS, messages: 1, long: LONG });
  const { rows } = await pool.query(
    "select id, updated from lists.sessions where num in (select 2 + (random() * $1)::int from generate_series(1, $2))",
    [SESSIONS - 2, CALLS],
  );
  const cursors = rows.map(({ id, updated }) => cursorAfter({ sessionId: id, updatedAt: updated }));
  /** @type {Record<string, (index: number) => Promise<number>>} */
  const reads = {
    "newest 20 sessions": async () => (await store.listSessions({ limit: HITS })).sessions.length,
    "20 sessions after a cursor": async (index) =>
      (await store.listSessions({ limit: HITS, cursor: cursors[index % cursors.length] ?? "" })).sessions
        .length,
    "the 20 sessions of a user": async (index) => {
      const keyPrefix = prefixOf((index * 7919) % USERS);
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

  const nodes = {
    "a node starts, recovers and ends": async () => {
      const other = await createPostgresStore({ pool, schema: "lists" });
      const recovered = await other.recover();
      await other.close();
      return recovered.length;
    },
  };
  report({
    question: `A node beside ${SESSIONS} sessions, ms`,
    goal: "at most 1,000 ms",
    rows: await measureAll(nodes, sized(10, 1)),
  });
  await store.close();

  const searched = await openFilled("searched", { ...SEARCHED, long: 1 });
  /**
   * @param {(index: number) => string} textOf
   * @param {(index: number) => { keyPrefix?: string }} optionsOf
   */
  const search =
    (textOf, optionsOf = () => ({})) =>
    async (/** @type {number} */ index) => {
      let hits = 0;
      for await (const _hit of searched.store.searchSessions(textOf(index), optionsOf(index)))
        if ((hits += 1) === HITS) break;
      return hits;
    };
  const ofUser = (/** @type {number} */ index) => ({
    keyPrefix: prefixOf((index * 37) % Math.ceil(SEARCHED.sessions / 20)),
  });
  /** @param {readonly string[]} list @param {number} rank @param {number} index */
  const pick = (list, rank, index) => list[rank + ((index * 31) % 100)] ?? "";
  const { english, chinese } = words;
  report({
    question: `Search of ${SEARCHED.sessions * SEARCHED.messages} messages in ${SEARCHED.sessions} sessions until ${HITS} hits, ms`,
    goal: "p95: at most 20 ms",
    rows: await measureAll({
      "a frequent word": search((index) => pick(english, 0, index)),
      "a rare word": search((index) => pick(english, 1_800, index)),
      "a part of a rare word": search((index) => pick(english, 1_800, index).slice(1, 5)),
      "two words": search((index) => `${pick(english, 0, index)} ${pick(english, 500, index)}`),
      "a word that nobody wrote": search((index) => `zq${pick(english, 0, index)}`),
      "a frequent Chinese word": search((index) => pick(chinese, 0, index)),
      "two Chinese characters": search((index) => pick(chinese, 1_000, index).slice(0, 2)),
      "a rare Chinese word": search((index) => pick(chinese, 1_800, index)),
      "a rare word, of a user": search((index) => pick(english, 1_800, index), ofUser),
      "a rare Chinese word, of a user": search((index) => pick(chinese, 1_800, index), ofUser),
    }),
  });
  await searched.store.close();
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
