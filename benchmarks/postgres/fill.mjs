// Fills the tables of a store with a million sessions of one message each, and one long session.
// A session that the store itself wrote is the pattern of all others.
import { pathToFileURL } from "node:url";
import pg from "pg";
import { bundleProgram } from "../../scripts/bundle-program.mjs";

const BATCH = 100_000;
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

/**
 * Fills the schema of a store. Returns the words by frequency, and the id of the long session.
 * @param {import("./database.mjs").Database} database @param {string} folder
 * @param {{ schema: string, sessionId: string, sessions: number, long: number }} pattern
 */
export async function fill({ config }, folder, { schema, sessionId, sessions, long }) {
  const source = new URL("../../packages/postgres/src/store/search/grams.ts", import.meta.url);
  const { gramsOf } = await import(pathToFileURL(await bundleProgram(source, folder)).href);
  const words = createWords();
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
    for (let from = 0; from < sessions; from += BATCH)
      await client.query(FILL, [sessionId, from, Math.min(sessions, from + BATCH) - 1, SENTENCES]);
    await client.query(FILL_LONG, [sessionId, long]);
    await client.query("create index search_grams on search using gin (grams)");
    await client.query("vacuum analyze");
  } finally {
    await client.end();
  }
  return words;
}

const FILL = `with pattern as (
  select s.num as sid, s.summary, e.line from sessions s join entries e on e.sid = s.num where s.id = $1
), made as (
  select i, gen_random_uuid()::text as id, a.text || '. ' || b.text || '. ' || c.text as content,
    a.grams || b.grams || c.grams as grams
  from generate_series($2::integer, $3::integer) i
    join sentences a on a.n = (i::bigint * 7919 + 1) % $4 join sentences b on b.n = (i::bigint * 104729 + i / 97) % $4
    join sentences c on c.n = (i::bigint * 15485863 + i / 1009) % $4
), added as (
  insert into sessions (id, key, created, updated, last_seq, indexed, summary)
  select m.id, 'bench:' || m.i / 20 || ':' || m.i, 1.7e12 + m.i, 1.7e12 + m.i, 1, 1,
    replace(replace(replace(p.summary, $1, m.id), 'TEXT', left(m.content, 40)), '1767225600000', (1700000000000 + m.i)::text)
  from made m, pattern p returning num, id
), lines as (
  insert into entries (sid, seq, line) select a.num, 1, replace(p.line, 'TEXT', m.content)
  from added a join made m using (id), pattern p
)
insert into search (sid, seq, grams)
select a.num, 1, (select array_agg(distinct g) from unnest(m.grams) g) from added a join made m using (id)`;

const FILL_LONG = `insert into entries (sid, seq, line)
  select s.num, i, replace(replace(e.line, '"seq":1', '"seq":' || i), 'TEXT', repeat('A long session. ', 20))
  from sessions s join entries e on e.sid = s.num and e.seq = 1, generate_series(2, $2::integer) i where s.id = $1`;
