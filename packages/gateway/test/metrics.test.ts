import { type AgentRunner, noUsage } from "@mini-openclaw/protocol";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { createMetrics } from "../src/metrics.ts";
import { heldAgent, refusal, testGateway } from "./test-gateway.ts";

/** The lines of a scrape that are the gateway's, without help, types and buckets. */
function samples(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("mini_openclaw_") && !/_bucket|_sum/.test(line))
    .sort();
}

test("counts a gateway's connections, runs, tokens and refusals", async () => {
  const { agent, started, release } = heldAgent();
  await using test = await testGateway({ agent });
  await using other = await testGateway();
  const metrics = createMetrics(test.gateway, { registry: new Registry() });
  const { registry } = metrics;
  onTestFinished(() => metrics.close());
  const client = await test.connect();
  client.send({ type: "message", content: "one" });
  client.send({ type: "message", content: "two" });
  await started(1);
  await client.next("message_queued");
  const during = samples(await registry.metrics());
  client.send({ type: "abort", sessionId: client.sessionId });
  await client.next("run_end", 1);
  release();
  release();
  await client.next("run_end", 2);
  await refusal(`ws://${test.address}/elsewhere`);
  const stranger = await other.connect();
  stranger.send({ type: "message", content: "not counted" });
  await stranger.next("run_end");

  expect(during).toEqual(
    expect.arrayContaining([
      "mini_openclaw_connections 1",
      "mini_openclaw_queue_depth 1",
      "mini_openclaw_runs_active 1",
      "mini_openclaw_sessions 1",
    ]),
  );
  expect(samples(await registry.metrics())).toEqual([
    "mini_openclaw_connections 1",
    "mini_openclaw_cost_dollars_total 0",
    "mini_openclaw_first_chunk_seconds_count 2",
    "mini_openclaw_queue_depth 0",
    'mini_openclaw_refusals_total{of="upgrade",code="404"} 1',
    "mini_openclaw_run_duration_seconds_count 2",
    "mini_openclaw_runs_active 0",
    'mini_openclaw_runs_total{outcome="aborted"} 1',
    'mini_openclaw_runs_total{outcome="completed"} 1',
    "mini_openclaw_sessions 1",
    "mini_openclaw_slow_watchers_total 0",
    'mini_openclaw_tokens_total{kind="cache_read"} 0',
    'mini_openclaw_tokens_total{kind="cache_write"} 0',
    'mini_openclaw_tokens_total{kind="input"} 0',
    'mini_openclaw_tokens_total{kind="output"} 0',
  ]);
});

test("/metrics is there only when asked for, and only for who has the token", async () => {
  const token = "t".repeat(32);
  await using silent = await testGateway();
  const registry = new Registry();
  await using test = await testGateway({ listen: { token, metrics: registry } });
  const metrics = createMetrics(test.gateway, { registry });
  onTestFinished(() => metrics.close());

  const headers = { authorization: `Bearer ${token}` };
  const [none, refused, right, posted] = await Promise.all([
    silent.get("/metrics"),
    test.get("/metrics"),
    test.get("/metrics", { headers }),
    test.get("/metrics", { headers, method: "POST" }),
  ]);

  expect([none.status, refused.status, right.status, posted.status]).toEqual([404, 401, 200, 405]);
  expect(right.headers.get("content-type")).toBe(registry.contentType);
  expect(await right.text()).toContain("# TYPE mini_openclaw_connections gauge");
});

test("the default registry has metrics of the process, and a registry of the app has not", async () => {
  await using test = await testGateway();
  const own = createMetrics(test.gateway);
  const given = createMetrics(test.gateway, { registry: new Registry() });
  onTestFinished(() => {
    own.close();
    given.close();
  });

  expect(await own.registry.metrics()).toContain("nodejs_eventloop_lag_seconds");
  expect(await given.registry.metrics()).not.toContain("nodejs_");
});

test.each([
  ["rejects", () => Promise.reject(new Error("no metrics today"))],
  [
    "throws",
    () => {
      throw new Error("no metrics today");
    },
  ],
])("a registry that %s is answered with 500, and the gateway continues", async (_how, fail) => {
  const metrics = { contentType: "text/plain", metrics: fail };
  await using test = await testGateway({ listen: { metrics } });

  expect((await test.get("/metrics")).status).toBe(500);
  expect(test.failures).toEqual(["metrics: no metrics today"]);
  expect((await test.get("/health")).status).toBe(200);
});

test("leaves out what an agent has counted wrong", async () => {
  const agent: AgentRunner = {
    async *run({ runId }) {
      yield { type: "run_start", runId, timestamp: 1 };
      const usage = { ...noUsage, inputTokens: -5, outputTokens: 7 };
      yield { type: "run_end", runId, outcome: "completed", usage, costUsd: -1, timestamp: 1 };
    },
  };
  await using test = await testGateway({ agent });
  const metrics = createMetrics(test.gateway, { registry: new Registry() });
  onTestFinished(() => metrics.close());
  const client = await test.connect();

  client.send({ type: "message", content: "one" });
  await client.next("run_end");

  expect(samples(await metrics.registry.metrics())).toEqual(
    expect.arrayContaining([
      "mini_openclaw_cost_dollars_total 0",
      'mini_openclaw_runs_total{outcome="completed"} 1',
      'mini_openclaw_tokens_total{kind="input"} 0',
      'mini_openclaw_tokens_total{kind="output"} 7',
    ]),
  );
});
