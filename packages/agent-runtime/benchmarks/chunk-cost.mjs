// Measures the CPU of one delta of the model, from the socket to the consumer. It compares the
// SDK's own stream, our provider, the whole run loop, and the run loop with hooks. The model runs
// in another process. Build the package first, then run
//   node packages/agent-runtime/benchmarks/chunk-cost.mjs
import { fork } from "node:child_process";
import { once } from "node:events";
import Anthropic from "@anthropic-ai/sdk";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";

const shapes = [
  { name: "burst, 16 deltas a write", deltas: 16_000, perWrite: 16, pauseMs: 0 },
  { name: "paced, 1 delta a write", deltas: 1500, perWrite: 1, pauseMs: 1 },
];
const messages = [{ role: "user", content: "go", timestamp: 0 }];
const { signal } = new AbortController();

function readersOf(baseURL) {
  const client = new Anthropic({ apiKey: "k", baseURL });
  const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL });
  const options = { provider, systemPrompt: () => ({ stable: "", volatile: "" }) };
  const agent = new AgentRuntime(options);
  const watched = new AgentRuntime({ ...options, onModelCall: () => ({ onEnd() {} }), onEvent() {} });
  const body = { model: "m", max_tokens: 100, messages: [{ role: "user", content: "go" }] };
  const request = { system: { stable: "", volatile: "" }, messages, tools: [], toolChoice: "auto" };
  return {
    "SDK messages.stream()": async () => {
      let length = 0;
      await client.messages
        .stream(body)
        .on("text", (text) => (length += text.length))
        .finalMessage();
      return length;
    },
    "SDK create({ stream: true })": async () => {
      let length = 0;
      for await (const event of await client.messages.create({ ...body, stream: true })) {
        if (event.type === "content_block_delta") length += event.delta.text.length;
      }
      return length;
    },
    "our provider": async () => {
      let length = 0;
      for await (const event of provider.stream(request, { signal })) {
        if (event.type === "text") length += event.text.length;
      }
      return length;
    },
    "our run loop on it": () => lengthOfRun(agent),
    "the same with hooks": () => lengthOfRun(watched),
  };
}

async function lengthOfRun(agent) {
  let length = 0;
  for await (const event of agent.run({ sessionId: "s", runId: "r", messages, signal })) {
    if (event.type === "chunk") length += event.content.length;
  }
  return length;
}

/** CPU of this process in microseconds a delta. */
async function cost(read, { deltas }) {
  const before = process.cpuUsage();
  const length = await read();
  const { user, system } = process.cpuUsage(before);
  if (length !== deltas * 10) throw new Error(`Read ${length} characters of ${deltas * 10}.`);
  return (user + system) / deltas;
}

const rounds = 9;
for (const shape of shapes) {
  const { name, deltas, perWrite, pauseMs } = shape;
  const server = fork(new URL("model-server.mjs", import.meta.url), [deltas, perWrite, pauseMs].map(String));
  const [port] = await once(server, "message");
  const readers = Object.entries(readersOf(`http://127.0.0.1:${port}`));
  const costs = readers.map(() => []);
  // The first round warms up. Each round runs every reader, so a busy machine is fair to all.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, [, read]] of readers.entries()) {
      const one = await cost(read, shape);
      if (round > 0) costs[index].push(one);
    }
  }
  console.log(`\n${name} (Node ${process.versions.node}, CPU µs a delta, median of ${rounds})`);
  const medians = costs.map((all) => all.sort((a, b) => a - b)[Math.floor(rounds / 2)]);
  for (const [index, [reader]] of readers.entries()) {
    const ratio = medians[index] / medians[0];
    console.log(`${reader.padEnd(30)} ${medians[index].toFixed(2).padStart(8)}   × ${ratio.toFixed(2)}`);
  }
  server.disconnect();
}
