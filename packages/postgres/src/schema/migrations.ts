/**
 * The changes of the schema in their order. Each is applied once. A change that was released stays
 * as it is.
 */
export const migrations: readonly ((schema: string) => string)[] = [
  (schema) => `
-- One row for each living node. Its id is never used again, and is its epoch.
create table ${schema}.nodes (
  id bigint generated always as identity primary key,
  name text not null,
  beat bigint not null default 0,
  -- True if the node holds its advisory lock. Behind a pooler it cannot.
  has_lock boolean not null default false
) with (fillfactor = 50);

create table ${schema}.sessions (
  num bigint generated always as identity primary key,
  id text collate "C" not null unique,
  key text collate "C" not null,
  -- The node that writes the session. Null if nobody does.
  node bigint,
  -- The newest number before the oldest open run. Null if nothing runs or waits.
  run_after bigint,
  -- The newest number of an entry. 0 before the first one.
  last_seq bigint not null default 0,
  created double precision not null,
  updated double precision not null,
  archived boolean not null default false,
  deleted double precision,
  -- The newest entry that the search index has.
  indexed bigint not null default 0,
  -- The summary as JSON.
  summary text not null
) with (fillfactor = 70);
create index sessions_node on ${schema}.sessions (node) where node is not null;
create index sessions_running on ${schema}.sessions (num) where run_after is not null;
create index sessions_open on ${schema}.sessions (updated desc, id desc)
  where not archived and deleted is null and last_seq > 0;
create index sessions_archived on ${schema}.sessions (updated desc, id desc)
  where archived and deleted is null and last_seq > 0;
create index sessions_key on ${schema}.sessions (key, updated desc, id desc);
create index sessions_created on ${schema}.sessions (key, created desc, num desc);
create index sessions_deleted on ${schema}.sessions (deleted) where deleted is not null;
create index sessions_unindexed on ${schema}.sessions (num) where indexed < last_seq;

-- Returns the newest open session of a key, or inserts one. Callers of all nodes wait for each
-- other, so that they get the same session.
create function ${schema}.get_or_create(
  lock_class integer, new_id text, new_key text, new_created double precision, new_summary text
) returns text language plpgsql as $$
declare
  found_id text;
begin
  perform pg_advisory_xact_lock(lock_class, hashtext(new_key));
  select s.id into found_id from ${schema}.sessions s
    where s.key = new_key and not s.archived and s.deleted is null
    order by s.created desc, s.num desc limit 1;
  if found_id is null then
    insert into ${schema}.sessions (id, key, created, updated, summary)
      select new_id, new_key, t.created, t.created, new_summary from (select greatest(new_created, (
        select max(s.created) + 1 from ${schema}.sessions s where s.key = new_key)) as created) t;
    found_id := new_id;
  end if;
  return found_id;
end $$;

-- The transcripts. No foreign keys, because each would lock a row for every line.
create table ${schema}.entries (
  sid bigint, seq bigint, line text not null, primary key (sid, seq)
);
-- The live events of sessions in which something runs.
create table ${schema}.live (
  sid bigint, seq bigint, line text not null, primary key (sid, seq)
);
create table ${schema}.blobs (
  sid bigint, id text collate "C", bytes bytea not null, primary key (sid, id)
);
-- What nodes send to each other. Nothing in it is promised to anybody, so that it is not logged.
create unlogged table ${schema}.mail (
  id bigint generated always as identity primary key,
  to_node bigint not null,
  from_node bigint not null,
  body text not null
);
create index mail_to_node on ${schema}.mail (to_node, id);
-- Hashes of the character groups of a text. A query must have all of its own.
create table ${schema}.search (
  sid bigint, seq bigint, grams integer[] not null, primary key (sid, seq)
);
create index search_grams on ${schema}.search using gin (grams);
`,
  (schema) => `
-- The header line of a transcript that was copied from a file, as it was there.
alter table ${schema}.sessions add column header text;
`,
  (schema) => `
-- The costs of each day (UTC) in US dollars, of the agents of all nodes.
create table ${schema}.spend (day date primary key, usd numeric not null);
`,
];

/** Settings that only some servers have. A refusal changes nothing but the speed. */
export const optionalSettings: readonly ((schema: string) => string)[] = [
  (schema) => `alter table ${schema}.entries alter column line set compression lz4`,
  (schema) => `alter table ${schema}.live alter column line set compression lz4`,
];
