import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { connect } from "@mini-openclaw/client";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { hasPostgres } from "../../packages/postgres/test/server/postgres-server.ts";
import { freePort } from "../../scripts/free-port.mjs";

const folder = fileURLToPath(new URL("../../examples/cluster/", import.meta.url));
const isReady = hasPostgres && existsSync("/usr/sbin/nginx");

// The example needs five ports in a row.
const PORTS = 5;

test.skipIf(!isReady)(
  "two windows share a session over nginx, and survive the end of a gateway",
  async () => {
    const port = await freePort(PORTS);
    const script = spawn("bash", ["start.sh"], {
      cwd: folder,
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const pids = new Map<string, number>();
    for await (const line of createInterface({ input: script.stdout })) {
      const [, name, pid] = /^(gateway\d) is process (\d+)/.exec(line) ?? [];
      if (name !== undefined) pids.set(name, Number(pid));
      if (line.startsWith("Open ")) break;
    }
    const url = `ws://127.0.0.1:${port}/claw`;
    // Connections of the gateway that ends fail.
    const onFailure = () => undefined;
    const clients = [connect({ url, WebSocket, onFailure }), connect({ url, WebSocket, onFailure })] as const;
    try {
      const [asking, watching] = clients;
      const first = asking.session();
      await first.send("one");
      const { sessionId } = first.getSnapshot();
      const second = watching.session(sessionId);
      const shown = () => JSON.stringify(second.getSnapshot().view.items);
      const until = async (text: string) => {
        while (!shown().includes(text)) await new Promise<void>((done) => void second.subscribe(done));
      };
      await until("answers: one");
      const [owner = ""] = /gateway\d/.exec(shown()) ?? [];
      process.kill(pids.get(owner) ?? 0, "SIGKILL");
      await first.send("two");
      await until("answers: two");
      expect(pids.size).toBe(3);
    } finally {
      for (const client of clients) client.close();
      script.kill("SIGTERM");
      await once(script, "exit");
    }
  },
);

test.skipIf(!isReady).each([0, 2, 4])("names port %i of the five if it is in use", async (offset) => {
  const port = await freePort(PORTS);
  const other = createServer().listen(port + offset, "127.0.0.1");
  await once(other, "listening");
  try {
    const script = spawn("bash", ["start.sh"], {
      cwd: folder,
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [problem, [code]] = await Promise.all([text(script.stderr), once(script, "exit")]);

    expect({ code, problem }).toEqual({
      code: 1,
      problem: `Port ${port + offset} is in use. Set PORT to the first of five free ports, such as PORT=18080.\n`,
    });
  } finally {
    other.close();
  }
});
