// The stores behind one interface. `save` writes the message of a user and the answer in one call.
// `turn` makes the calls that the library's own agent makes in a turn, with its reads.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";
import { createPostgresStore } from "@mini-openclaw/postgres";

// The copy that the store uses. An app has one.
const pg = createRequire(import.meta.resolve("@mini-openclaw/postgres"))("pg");

const PAGE = 50;
// About 400 characters of words, because a store may index them.
const TEXT = Array.from({ length: 60 }, (_, index) => ((index + 1) * 7_919_317).toString(36)).join(" ");

const openers = { ours: openOurs, Mastra: openMastra, LangGraph: openLangGraph };

/**
 * Opens one store in a database with no tables. `turns` is the number of turns that each session
 * will have.
 */
export function openStore(name, connectionString, turns) {
  return openers[name](connectionString, turns);
}

async function openOurs(connectionString) {
  /** @type {Promise<void> | undefined} */
  let held;
  /** A client that can hold the statements of the search index back. */
  class Client extends pg.Client {
    query(statement, ...rest) {
      if (!held || !statement.name?.endsWith("_index")) return super.query(statement, ...rest);
      return held.then(() => super.query(statement, ...rest));
    }
  }
  const pool = new pg.Pool({ connectionString, Client });
  let store = await createPostgresStore({ pool });
  return {
    create: async (key) => (await store.createSession(key)).sessionId,
    save: (session, index) =>
      store.appendMessages(session, [toOurs("user", index), toOurs("assistant", index)]),
    // The gateway saves the message before it calls the model.
    async turn(session, index) {
      await store.appendMessage(session, toOurs("user", index));
      await store.loadMessages(session, { limit: PAGE });
      await store.appendMessage(session, toOurs("assistant", index));
    },
    last: (session) => store.loadMessages(session, { limit: PAGE }),
    holdIndex() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = undefined;
        release();
      };
    },
    // Until the search index has all messages.
    async rest() {
      const text = "select 1 from mini_openclaw.sessions where indexed < last_seq limit 1";
      while ((await pool.query(text)).rows.length > 0) await setTimeout(100);
    },
    // Without what is in memory.
    async reopen() {
      await store.close();
      store = await createPostgresStore({ pool });
    },
    async close() {
      await store.close();
      await pool.end();
    },
  };
}

function toOurs(role, index) {
  return { role, content: `${index} ${TEXT}`, timestamp: Date.now() };
}

async function openMastra(connectionString) {
  const { PostgresStore } = await import("@mastra/pg");
  const storage = new PostgresStore({ id: "pg-storage", connectionString });
  await storage.init();
  const memory = await storage.getStore("memory");
  const toMessage = (threadId, role, index) => ({
    ...{ id: randomUUID(), threadId, resourceId: "user", role, createdAt: new Date() },
    content: { format: 2, parts: [{ type: "text", text: `${index} ${TEXT}` }] },
  });
  const save = (session, index) =>
    memory.saveMessages({
      messages: [toMessage(session, "user", index), toMessage(session, "assistant", index)],
    });
  const orderBy = { field: "createdAt", direction: "DESC" };
  return {
    async create(key) {
      const id = randomUUID();
      const now = new Date();
      const thread = { id, title: key, resourceId: "user", createdAt: now, updatedAt: now, metadata: {} };
      await memory.saveThread({ thread });
      return id;
    },
    save,
    // Recorded from `agent.generate` with `memory: new Memory({ storage })`.
    async turn(threadId, index) {
      await memory.getThreadById({ threadId });
      const page = { page: 0, perPage: 10, orderBy, includeTotal: false };
      await memory.listMessages({ threadId, resourceId: "user", ...page });
      await memory.getThreadById({ threadId });
      await save(threadId, index);
      await memory.getThreadById({ threadId });
    },
    last: async (threadId) =>
      (await memory.listMessages({ threadId, page: 0, perPage: PAGE, orderBy })).messages,
    async rest() {},
    async reopen() {},
    close: () => storage.close(),
  };
}

/**
 * The saver alone: a graph with one node runs once beforehand, and its calls are repeated for each
 * session.
 */
async function openLangGraph(connectionString, turns) {
  const { PostgresSaver } = await import("@langchain/langgraph-checkpoint-postgres");
  const saver = PostgresSaver.fromConnString(connectionString);
  await saver.setup();
  const writes = await recordWrites(turns);
  const save = async (session, index) => {
    for (const { method, config, values } of writes[index] ?? [])
      await saver[method](ofSession(config, session), ...values);
  };
  const ofSession = ({ configurable, ...config }, session) => ({
    ...config,
    configurable: { ...configurable, thread_id: session },
  });
  return {
    create: async () => randomUUID(),
    save,
    async turn(session, index) {
      await saver.getTuple({ configurable: { thread_id: session } });
      await save(session, index);
    },
    async last(session) {
      const found = await saver.getTuple({ configurable: { thread_id: session } });
      return found.checkpoint.channel_values.messages.slice(-PAGE);
    },
    async rest() {},
    async reopen() {},
    close: () => saver.end(),
  };
}

/** The calls that write, for each turn of a graph with one node. */
async function recordWrites(turns) {
  const { END, MemorySaver, MessagesAnnotation, START, StateGraph } = await import("@langchain/langgraph");
  const { AIMessage, HumanMessage } = await import("@langchain/core/messages");
  const saver = new MemorySaver();
  let writes = [];
  for (const method of ["put", "putWrites"]) {
    const plain = saver[method].bind(saver);
    saver[method] = (config, ...values) => {
      writes.push({ method, config: structuredClone({ configurable: plainOf(config) }), values });
      return plain(config, ...values);
    };
  }
  let index = 0;
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("answer", () => ({ messages: [new AIMessage(`${index} ${TEXT}`)] }))
    .addEdge(START, "answer")
    .addEdge("answer", END)
    .compile({ checkpointer: saver });
  const all = [];
  for (; index < turns; index += 1) {
    const messages = [new HumanMessage(`${index} ${TEXT}`)];
    await graph.invoke({ messages }, { configurable: { thread_id: "recorded" } });
    all.push(writes);
    writes = [];
  }
  return all;
}

/** The part of a configuration that a saver reads. */
function plainOf({ configurable: { thread_id, checkpoint_ns = "", checkpoint_id } }) {
  return { thread_id, checkpoint_ns, ...(checkpoint_id !== undefined && { checkpoint_id }) };
}
