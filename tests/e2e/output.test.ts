import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

describe.skipIf(!existsSync("/dev/full"))("output that cannot be written", () => {
  test("ends a command with an error, or in silence if its reader has enough", async () => {
    await using folder = await temporaryDirectory();
    const shell = (script: string) =>
      spawnSync("bash", ["-o", "pipefail", "-c", script, process.execPath, main], {
        cwd: folder.path,
        env: { PATH: process.env["PATH"] ?? "", HOME: folder.path },
        encoding: "utf8",
      });

    const full = shell('"$0" "$1" run "list the files" >/dev/full');
    // The answer takes seconds after its first line.
    const enough = shell('"$0" "$1" run --yes "show me everything" | head -1');

    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/^Mini OpenClaw: The output cannot be written \(ENOSPC: .+\)\. .+\n$/m);
    expect(enough.status).toBe(0);
    expect(full.stderr + enough.stderr).not.toMatch(/^ +at /m);
  });

  test.each(["", "info"])("does not end a server with the log level %j", async (level) => {
    await using folder = await temporaryDirectory();
    const model = createServer((_, response) => response.writeHead(401).end("{}")).listen(0, "127.0.0.1");
    await once(model, "listening");
    const output = openSync("/dev/full", "w");
    const server = spawn(process.execPath, [main], {
      cwd: folder.path,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder.path,
        MINI_OPENCLAW_PORT: "0",
        MINI_OPENCLAW_LOG_LEVEL: level,
        ANTHROPIC_API_KEY: "key",
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}`,
      },
      stdio: ["ignore", output, output],
    });
    const closed = once(server, "close");
    closeSync(output);
    try {
      const file = join(folder.path, ".mini-openclaw", "address");
      await expect.poll(() => existsSync(file) && readFileSync(file, "utf8")).toMatch(/^http/);
      const url = readFileSync(file, "utf8").trim();
      const [headers, body] = [{ "content-type": "application/json" }, JSON.stringify({ content: "hi" })];
      // The server reports the failure of the run.
      const answer = await fetch(`${url}sessions/current/messages`, { method: "POST", headers, body });

      expect(await answer.json()).toMatchObject({ outcome: "failed" });
      expect((await fetch(`${url}healthz`)).status).toBe(200);
    } finally {
      server.kill("SIGTERM");
      model.close();
      expect(await closed).toEqual([0, null]);
    }
  });
});
