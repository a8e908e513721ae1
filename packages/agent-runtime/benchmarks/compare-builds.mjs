// Compares the CPU of one delta of the model with that of another build, for each API that both
// builds have. A build that gathers deltas delivers fewer events, so the CPU of one event is
// printed too. The builds take turns in one process, so a busy machine is fair to both. Build both
// checkouts first, then run
//   node packages/agent-runtime/benchmarks/compare-builds.mjs CHECKOUT
import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [other] = process.argv.slice(2);
if (!other) {
  console.error("The checkout of another build must be given: compare-builds.mjs CHECKOUT");
  process.exit(2);
}

const shapes = [
  { name: "burst, 16 deltas a write", deltas: 16_000, perWrite: 16, pauseMs: 0 },
  { name: "paced, 1 delta a write", deltas: 1000, perWrite: 1, pauseMs: 1 },
];
const apis = ["Messages", "Chat Completions", "Responses"];
const rounds = Number(process.env.ROUNDS ?? 9);
const messages = [{ role: "user", content: "go", timestamp: 0 }];
const { signal } = new AbortController();

async function loadBuild(checkout) {
  const load = (file) => import(pathToFileURL(resolve(checkout, "packages/agent-runtime/dist", file)).href);
  const [{ AgentRuntime }, { createAnthropicProvider }, openai] = await Promise.all(
    ["index.js", "anthropic.js", "openai.js"].map(load),
  );
  const providers = [
    createAnthropicProvider,
    openai.createOpenAIProvider,
    // A build without a provider for the Responses API reads Chat Completions.
    openai.createOpenAIResponsesProvider ?? openai.createOpenAIProvider,
  ];
  return { AgentRuntime, providers };
}

/** Returns CPU of this process in microseconds, a delta and a delivered event. */
async function cost({ AgentRuntime, providers }, api, baseURL, { deltas }) {
  const provider = providers[api]({ apiKey: "k", model: "m", baseURL });
  const agent = new AgentRuntime({ provider, systemPrompt: () => ({ stable: "", volatile: "" }) });
  let length = 0;
  let events = 0;
  const before = process.cpuUsage();
  for await (const event of agent.run({ sessionId: "s", runId: "r", messages, signal })) {
    if (event.type !== "chunk") continue;
    length += event.content.length;
    events += 1;
  }
  const { user, system } = process.cpuUsage(before);
  if (length !== deltas * 10) throw new Error(`Read ${length} characters of ${deltas * 10}.`);
  return [(user + system) / deltas, (user + system) / events];
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const units = ["a delta", "an event"];

const builds = await Promise.all([
  loadBuild(other),
  loadBuild(fileURLToPath(new URL("../../..", import.meta.url))),
]);
console.log(`Node ${process.versions.node}, CPU µs, median of ${rounds}; ${other}, this build`);
for (const shape of shapes.filter(({ name }) => name.startsWith(process.env.SHAPE ?? ""))) {
  const args = [shape.deltas, shape.perWrite, shape.pauseMs].map(String);
  const server = fork(new URL("model-server.mjs", import.meta.url), args);
  const [port] = await once(server, "message");
  for (const [index, api] of apis.entries()) {
    const costs = builds.map(() => []);
    // The first rounds warm up.
    for (let round = -2; round < rounds; round += 1) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      for (const build of order) {
        const one = await cost(builds[build], index, `http://127.0.0.1:${port}`, shape);
        if (round >= 0) costs[build].push(one);
      }
    }
    for (const [unit, name] of units.entries()) {
      const [before, now] = costs.map((all) => median(all.map((one) => one[unit])));
      const ratio = (now / before).toFixed(2);
      console.log(`${shape.name}, ${api}, ${name}: ${before.toFixed(2)}, ${now.toFixed(2)}, × ${ratio}`);
    }
  }
  server.disconnect();
}
