// Fills the tables of a store with sessions. One that the store itself wrote is their pattern.
import { pathToFileURL } from "node:url";
import pg from "pg";
import { bundleProgram } from "../../scripts/bundle-program.mjs";

const BATCH = 100_000;
const USER_SESSIONS = 20;
const SENTENCES = 10_000;
const CHINESE =
  "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后";

/** A generator of numbers below 1 that is the same in each run. @param {number} seed */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Words of both languages. The first ones are the most frequent. */
function createWords() {
  const next = numbers(1);
  /** @param {string} letters @param {number} length */
  const word = (letters, length) =>
    Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join("");
  const words = (/** @type {string} */ letters, /** @type {number} */ length) =>
    [...new Set(Array.from({ length: 3_000 }, () => word(letters, length)))].slice(0, 2_000);
  return { english: words("abcdefghijklmnoprstuvwy", 6), chinese: words(CHINESE, 4) };
}

/** The words of the messages, the most frequent ones first. */
export const words = createWords();

/** The beginning of the keys of a user's sessions. @param {number} index */
export const prefixOf = (index) => `bench:${index}:`;

/**
 * Fills the schema of a store. The session of the pattern gets as many more messages as `long`.
 * @param {import("./database.mjs").Database} database @param {string} folder
 * @param {{ schema: string, sessionId: string, sessions: number, messages: number, long: number }}
 * shape
 */
export async function fill({ config }, folder, { schema, sessionId, sessions, messages, long }) {
  const source = new URL("../../packages/postgres/src/store/search/grams.ts", import.meta.url);
  const { gramsOf } = await import(pathToFileURL(await bundleProgram(source, folder)).href);
  const next = numbers(2);
  const sentences = Array.from({ length: SENTENCES }, (_, index) => {
    const isChinese = index % 5 === 0;
    const list = isChinese ? words.chinese : words.english;
    const chosen = Array.from({ length: 8 }, () => list[Math.floor(next() ** 2 * list.length)]);
    return chosen.join(isChinese ? "" : " ");
  });
  // The groups at both ends are those of any neighbour.
  const grams = sentences.map((sentence) => `{${gramsOf(`. ${sentence}. `).join(",")}}`);
  const client = new pg.Client(config);
  await client.connect();
  try {
    for (const text of [
      `set search_path = "${schema}"`,
      "set synchronous_commit = off",
      "set maintenance_work_mem = '512MB'",
      "drop index search_grams",
      "create temp table sentences (n integer primary key, text text, grams integer[])",
    ])
      await client.query(text);
    await client.query(
      "insert into sentences select n, t, g::integer[] from unnest($1::integer[], $2::text[], $3::text[]) u(n, t, g)",
      [sentences.map((_, index) => index), sentences, grams],
    );
    await client.query("analyze sentences");
    const batch = Math.ceil(BATCH / messages);
    for (let from = 0; from < sessions; from += batch)
      await client.query(FILL, [sessionId, from, Math.min(sessions, from + batch) - 1, messages]);
    await client.query(FILL_LONG, [sessionId, long]);
    await client.query("create index search_grams on search using gin (grams)");
    await client.query("vacuum analyze");
  } finally {
    await client.end();
  }
}

const FILL = `with pattern as (
  select s.num as sid, s.summary, e.line from sessions s join entries e on e.sid = s.num where s.id = $1
), made as (
  select i, seq, id, a.text || '. ' || b.text || '. ' || c.text as content, a.grams || b.grams || c.grams as grams
  from (select i, gen_random_uuid()::text as id from generate_series($2::bigint, $3::bigint) i offset 0) s
    cross join generate_series(1, $4::bigint) seq
    join sentences a on a.n = (i * 7919 + seq * 31) % ${SENTENCES}
    join sentences b on b.n = (i * 104729 + seq * 6151 + i / 97) % ${SENTENCES}
    join sentences c on c.n = (i * 15485863 + seq * 389 + i / 1009) % ${SENTENCES}
), added as (
  insert into sessions (id, key, created, updated, last_seq, indexed, summary)
  select m.id, 'bench:' || m.i / ${USER_SESSIONS} || ':' || m.i, 1.7e12 + m.i, 1.7e12 + m.i, $4, $4,
    replace(replace(replace(p.summary, $1, m.id), 'TEXT', left(m.content, 40)), '1767225600000', (1700000000000 + m.i)::text)
  from made m, pattern p where m.seq = 1 returning num, id
), lines as (
  insert into entries (sid, seq, line)
  select a.num, m.seq, replace(replace(p.line, '"seq":1,', '"seq":' || m.seq || ','), 'TEXT', m.content)
  from added a join made m using (id), pattern p
)
insert into search (sid, seq, grams)
select a.num, m.seq, (select array_agg(distinct g) from unnest(m.grams) g) from added a join made m using (id)`;

const FILL_LONG = `insert into entries (sid, seq, line)
  select s.num, i, replace(replace(e.line, '"seq":1,', '"seq":' || i || ','), 'TEXT', repeat('A long session. ', 20))
  from sessions s join entries e on e.sid = s.num and e.seq = 1, generate_series(2, $2::bigint) i where s.id = $1`;
