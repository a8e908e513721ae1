#!/usr/bin/env bash
# @openai/agents asks the server that OPENAI_BASE_URL names, for example a model on one's own machine.
# Expected: nothing of the conversation leaves that server. Seen on 2026-11-29 (agents 0.20.0, Node 20.20.2): the
# model is asked there, and some seconds later the trace of the run goes to api.openai.com, with the key. With
# `setOpenAIAPI("chat_completions")`, which is what local servers speak, the trace holds the user's words and the
# answer. Tracing is on by default; OPENAI_AGENTS_DISABLE_TRACING=1 stops it.
# `fetch` is replaced at the network's edge, so that nothing leaves this machine.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @openai/agents@0.20.0 zod@4.6.7
cat >run.mjs <<'JS'
process.env.OPENAI_API_KEY = "none";
process.env.OPENAI_BASE_URL = "http://127.0.0.1:9/v1";
const answer = {
  id: "c", object: "chat.completion", created: 1, model: "m", usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  choices: [{ index: 0, message: { role: "assistant", content: "Hi." }, finish_reason: "stop" }],
};
let resolve;
const traced = new Promise((done) => {
  resolve = done;
});
globalThis.fetch = async (input, { method = "GET", headers, body } = {}) => {
  const url = new URL(input.url ?? input);
  const key = new Headers(headers).has("authorization");
  console.log(method, url.href, `key: ${key}`, `words: ${String(body).includes("the blue notebook")}`);
  if (url.pathname.includes("traces")) resolve();
  return Response.json(answer);
};
const { Agent, run, setOpenAIAPI } = await import("@openai/agents");
setOpenAIAPI("chat_completions");
console.log((await run(new Agent({ name: "local", model: "m" }), "Where is the blue notebook?")).finalOutput);
await Promise.race([traced, new Promise((done) => setTimeout(done, 15_000))]);
process.exit();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
POST http://127.0.0.1:9/v1/chat/completions key: true words: true
Hi.
POST https://api.openai.com/v1/traces/ingest key: true words: true
SEEN
echo "as on 2026-11-29"
