#!/usr/bin/env bash
# An assistant keeps its conversations with LangGraph's checkpointer in SQLite: a question and an answer of 400
# characters in each turn. Expected: a conversation of twice as many turns takes about twice the room, as the state's
# messages are appended. Seen on 2026-11-30 (Node 20.20.2): it takes nearly four times the room. Each turn keeps
# several copies of all messages so far, so that 100 turns with 80 kB of text fill 19 MB. With `durability: "exit"` it
# keeps fewer copies, and the room still grows with the square of the turns.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @langchain/langgraph@1.7.3 @langchain/core@1.4.0 @langchain/langgraph-checkpoint-sqlite@1.0.4
cat >run.mjs <<'JS'
import { statSync } from "node:fs";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";

const text = "x".repeat(400);
for (const durability of ["async", "exit"]) {
  for (const turns of [25, 50, 100]) {
    const file = `${durability}-${turns}.db`;
    const checkpointer = SqliteSaver.fromConnString(file);
    const model = () => ({ messages: [{ role: "assistant", content: text }] });
    const graph = new StateGraph(MessagesAnnotation).addNode("model", model).addEdge(START, "model").compile({ checkpointer });
    for (let turn = 0; turn < turns; turn += 1)
      await graph.invoke({ messages: [{ role: "user", content: text }] }, { durability, configurable: { thread_id: "1" } });
    checkpointer.db.pragma("wal_checkpoint(TRUNCATE)");
    checkpointer.db.close();
    const megabytes = statSync(file).size / 1e6;
    console.log(`durability ${durability}: ${turns} turns, ${turns * 0.8} kB of text: ${megabytes.toPrecision(2)} MB`);
  }
}
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
durability async: 25 turns, 20 kB of text: 1.3 MB
durability async: 50 turns, 40 kB of text: 4.9 MB
durability async: 100 turns, 80 kB of text: 19 MB
durability exit: 25 turns, 20 kB of text: 0.45 MB
durability exit: 50 turns, 40 kB of text: 1.6 MB
durability exit: 100 turns, 80 kB of text: 6.3 MB
SEEN
echo "as on 2026-11-30"
