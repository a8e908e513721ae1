// The question: what does an idle connection cost in memory?
import { benchmark } from "./harness/benchmark.mjs";
import { Client } from "./harness/client.mjs";
import { report } from "./harness/report.mjs";
import { oldCheckout } from "./harness/shipped.mjs";
import { sized } from "./harness/sized.mjs";

const token = "a-token-for-the-benchmark-only-of-32-bytes-or-more";
const WARM_UP = sized(500, 100);
const CONNECTIONS = sized(5_000, 100);

await benchmark(async ({ start, folder }) => {
  // No message is sent, so no model is asked.
  const modelPort = 1;
  const servers = {
    "bare ws": await start("harness/bare-ws.mjs"),
    "ours, one session for all": await start("harness/gateway.mjs", { token, modelPort, folder: folder() }),
    ...(oldCheckout && {
      "ours, old build": await start("harness/gateway.mjs", {
        token,
        modelPort,
        folder: folder(),
        checkout: oldCheckout,
      }),
    }),
    "ours, a session for each": await start("harness/gateway.mjs", {
      token,
      modelPort,
      folder: folder(),
      sessionEach: true,
    }),
    "naive, one session for all": await start("naive-gateway.mjs", { modelPort, folder: folder() }),
  };
  const measured = [];
  for (const [name, server] of Object.entries(servers)) {
    await connectMany(server, WARM_UP);
    const before = await server.collectedUsage();
    await connectMany(server, CONNECTIONS);
    const after = await server.collectedUsage();
    await server.stop();
    const heap = (after.heap - before.heap) / CONNECTIONS / 1024;
    measured.push({ name, rss: (after.rss - before.rss) / CONNECTIONS / 1024, heap });
  }
  const [bare] = measured;
  report({
    question: `Memory of one of ${CONNECTIONS} idle connections, KiB`,
    goal: "ours ÷ bare ws: at most 1.2 of RSS, 1.1 of the heap",
    rows: measured.map(({ name, rss, heap }) => ({
      "": name,
      RSS: rss,
      heap,
      "RSS ÷ bare ws": rss / (bare?.rss ?? Number.NaN),
      "heap ÷ bare ws": heap / (bare?.heap ?? Number.NaN),
    })),
  });
});

/**
 * A hundred at a time: the queue of a listening socket is not longer. @param
 * {import("./harness/benchmark.mjs").Server} server @param {number} count
 */
async function connectMany(server, count) {
  for (let made = 0; made < count; made += 100) {
    await Promise.all(Array.from({ length: 100 }, () => Client.connect(server)));
  }
}
