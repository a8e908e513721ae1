import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settings } from "../../examples/mini-openclaw/src/settings/settings.ts";
import { temporaryDirectory } from "../e2e/server.ts";
import { operate } from "./proxy.ts";

const unit = readFileSync(`${operate}systemd/mini-openclaw.service`, "utf8");
const hasSystemd = existsSync("/usr/bin/systemd-analyze");
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
