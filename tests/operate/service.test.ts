import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { settings } from "../../examples/mini-openclaw/src/settings/settings.ts";
import { temporaryDirectory } from "../e2e/server.ts";
import { operate } from "./proxy.ts";

const unit = readFileSync(`${operate}systemd/mini-openclaw.service`, "utf8");
const hasSystemd = existsSync("/usr/bin/systemd-analyze");
const hasSetpriv = existsSync("/usr/bin/setpriv");
const app = fileURLToPath(new URL("../../examples/mini-openclaw/", import.meta.url));
const valuesOf = (key: string) =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value);

test("the unit names settings that exist, and folders of its state", () => {
  const known = Object.values(settings).map(({ env }) => env) as string[];
  const names = valuesOf("Environment").map((pair) => pair?.split("=")[0]);
  const [state = ""] = valuesOf("StateDirectory");

  expect(names.filter((name) => name !== "XDG_CONFIG_HOME" && !known.includes(name ?? ""))).toEqual([]);
  for (const path of unit.match(/(?<==)\/var\/lib\/\S+/g) ?? [])
    expect(state.split(" ")).toContain(path.replace("/var/lib/", ""));
});

test.skipIf(!hasSystemd)("systemd accepts every line of the unit", async () => {
  await using folder = await temporaryDirectory();
  const file = join(folder.path, "mini-openclaw.service");
  // The program of this machine in place of the installed one.
  writeFileSync(file, unit.replace("/usr/bin/mini-openclaw", process.execPath));

  const { stderr, status } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });

  expect({ complaints: stderr.split("\n").filter((line) => line.includes("mini-openclaw")), status }).toEqual(
    {
      complaints: [],
      status: 0,
    },
  );
});

test.skipIf(!hasSystemd)("systemd rates the unit's exposure as at most 4 of 10", () => {
  const file = `${operate}systemd/mini-openclaw.service`;
  const text = execFileSync("systemd-analyze", ["security", "--offline=yes", "--no-pager", file], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });

  expect(Number(/exposure level for .*: ([\d.]+)/.exec(text)?.[1])).toBeLessThanOrEqual(4);
});

/** Returns `ExecStart` of the unit, started as the unit does but by setpriv and without systemd. */
function prepareService(folder: string) {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? 65_534 : Number(process.getuid?.());
  const group = isRoot ? 65_534 : Number(process.getgid?.());
  const state = join(folder, "state");
  // The user must reach the program, but none of the tests' folders.
  chmodSync(folder, 0o755);
  for (const name of ["dist", "package.json"])
    cpSync(join(app, name), join(folder, name), { recursive: true });
  mkdirSync(state);
  for (const name of (valuesOf("StateDirectory")[0] ?? "").split(" ")) {
    mkdirSync(join(state, name), { mode: 0o700 });
    if (isRoot) chownSync(join(state, name), user, group);
  }
  const inState = (text = "") => text.replace("/var/lib", state);
  const pairs = valuesOf("Environment").map((pair) => inState(pair).split(/=(.*)/s).slice(0, 2));
  const program = [process.execPath, join(folder, "dist", "main.js")];
  const args = (valuesOf("ExecStart")[0] ?? "").split(" ").slice(1);
  const drop = ["--reuid", String(user), "--regid", String(group), "--clear-groups", "--bounding-set=-all"];
  const privileges = ["--no-new-privs", ...(isRoot ? drop : [])];
  return {
    user,
    state,
    start: (settings: Record<string, string>, more: readonly string[] = args) =>
      spawn(
        "sh",
        ["-c", `umask ${valuesOf("UMask")[0]}; exec setpriv "$@"`, "sh", ...privileges, ...program, ...more],
        {
          cwd: inState(valuesOf("WorkingDirectory")[0]),
          env: { PATH: "/usr/bin:/bin", ...Object.fromEntries(pairs), ...settings },
          stdio: ["ignore", "pipe", "inherit"],
        },
      ),
  };
}

test.skipIf(!hasSetpriv)(
  "the unit's command serves as an unprivileged user, and ends by SIGTERM",
  async () => {
    await using folder = await temporaryDirectory();
    const { start, state, user } = prepareService(folder.path);
    const service = start({ MINI_OPENCLAW_PORT: "0" });
    const closed = once(service, "close");
    try {
      let text = "";
      for await (const piece of service.stdout.iterator({ destroyOnReturn: false })) {
        text += String(piece);
        if (/^Open \S+\n/m.test(text)) break;
      }
      service.stdout.resume();
      const url = /^Open (\S+)$/m.exec(text)?.[1];
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ content: "list the files" });
      const answer = await fetch(`${url}sessions/current/messages`, { method: "POST", headers, body });

      expect(await answer.json()).toMatchObject({ outcome: "completed" });
      const sessions = statSync(join(state, "mini-openclaw", "data", "sessions"));
      expect([sessions.uid, sessions.mode & 0o777]).toEqual([user, 0o700]);
    } finally {
      service.kill("SIGTERM");
      expect(await closed).toEqual([0, null]);
    }
  },
);

test.skipIf(!hasSetpriv)("the unit does not restart a service with bad settings", async () => {
  await using folder = await temporaryDirectory();
  const { start } = prepareService(folder.path);
  const codes = (valuesOf("RestartPreventExitStatus")[0] ?? "").split(" ").map(Number);

  const exits = [start({}, ["strat"]), start({ MINI_OPENCLAW_PORT: "x" })].map((service) => {
    service.stdout.resume();
    return once(service, "close");
  });

  expect(await Promise.all(exits)).toEqual(codes.map((code) => [code, null]));
});
