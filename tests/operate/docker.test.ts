import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { settings } from "../../examples/mini-openclaw/src/settings/settings.ts";
import { freePort } from "../../scripts/free-port.mjs";
import { operate } from "./proxy.ts";

const folder = `${operate}docker/`;
const dockerfile = readFileSync(`${folder}Dockerfile`, "utf8");
const compose = parse(readFileSync(`${folder}compose.yaml`, "utf8")) as {
  services: { claw: { build: string; environment: Record<string, string>; volumes: string[] } };
  volumes: Record<string, null>;
};
const app = fileURLToPath(new URL("../../examples/mini-openclaw/", import.meta.url));

/** The instructions of the last stage, one per line. */
const stage = dockerfile
  .slice(dockerfile.lastIndexOf("\nFROM "))
  .replaceAll(/\\\n/g, " ")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#"));
const valuesOf = (instruction: string) =>
  stage.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []));
const env = Object.fromEntries(valuesOf("ENV").map((pair) => pair.split(/=(.*)/s).slice(0, 2))) as Record<
  string,
  string
>;

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "image-"));
  const [packed = ""] = execFileSync("npm", ["pack", "--silent", "--pack-destination", root], {
    cwd: app,
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .slice(-1);
  execFileSync("sh", [`${folder}contents.sh`, join(root, "image"), join(root, packed)], { stdio: "pipe" });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function sizeOf(path: string): number {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

test("the script writes the app, its command and the folders of the volumes", () => {
  const image = join(root, "image");

  expect(existsSync(join(image, "usr/local/bin/mini-openclaw"))).toBe(true);
  for (const volume of ["data", "workspace", "config"])
    expect(statSync(join(image, volume)).isDirectory()).toBe(true);
  expect(statSync(join(image, "data")).mode & 0o777).toBe(0o700);
  expect(sizeOf(image)).toBeLessThan(35_000_000);
});

test("the contents, Node and the programs beside it have less than 150 MB", () => {
  // Node's own binary contains what Alpine's shares with other programs, so it is larger.
  const programs = ["bash", "bwrap", "git", "rg"].map((name) => `/usr/bin/${name}`);
  const sizes = [join(root, "image"), process.execPath, ...programs].map(sizeOf);

  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150_000_000);
});

test("the image runs as an ordinary user, with volumes for everything that it writes", () => {
  expect(valuesOf("USER")).toEqual(["1000:1000"]);
  expect(JSON.parse(valuesOf("VOLUME")[0] ?? "")).toEqual(["/data", "/workspace", "/config"]);
  expect([env["MINI_OPENCLAW_DATA_DIR"], env["MINI_OPENCLAW_WORKSPACE"], env["XDG_CONFIG_HOME"]]).toEqual([
    "/data",
    "/workspace",
    "/config",
  ]);
  for (const [, file = ""] of dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm))
    expect(existsSync(folder + file)).toBe(true);
});

test("the contents start with the image's settings and command, and the health check sees it", async () => {
  const image = join(root, "image");
  const port = String(await freePort());
  const inImage = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.startsWith("/") ? join(image, value) : value]),
  );
  const path = `${join(image, "usr/local/bin")}:${process.env["PATH"]}`;
  const all = {
    ...inImage,
    PATH: path,
    HOME: root,
    MINI_OPENCLAW_PORT: port,
    MINI_OPENCLAW_TOKEN: "t".repeat(32),
  };
  const [command = "", ...args] = JSON.parse(
    /CMD (\[.*\])/.exec(valuesOf("HEALTHCHECK")[0] ?? "")?.[1] ?? "",
  ) as string[];
  const checkHealth = () => spawnSync(command, args, { env: all }).status;
  const entry = [
    ...JSON.parse(valuesOf("ENTRYPOINT")[0] ?? ""),
    ...JSON.parse(valuesOf("CMD")[0] ?? ""),
  ] as string[];
  expect(entry.slice(0, 2)).toEqual(["/sbin/tini", "--"]);
  expect(checkHealth()).toBe(1);

  const server = spawn(entry[2] ?? "", entry.slice(3), { cwd: join(image, "workspace"), env: all });
  const exited = once(server, "exit");
  let text = "";
  server.stdout.on("data", (chunk) => {
    text += chunk;
  });
  server.stderr.on("data", (chunk) => {
    text += chunk;
  });
  try {
    await expect.poll(() => text, { timeout: 60_000 }).toMatch(/^Open /m);
    expect(checkHealth()).toBe(0);
    expect(readdirSync(join(image, "data"))).toContain("address");
  } finally {
    server.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  }
});

test("compose names settings that exist, and volumes of the image", () => {
  const { claw } = compose.services;
  const known = Object.values(settings).map((setting) => setting.env) as string[];

  for (const name of Object.keys(claw.environment)) expect(known).toContain(name);
  expect(claw.volumes.map((volume) => volume.split(":")[1] ?? "").sort()).toEqual([
    "/config",
    "/data",
    "/workspace",
  ]);
  for (const volume of claw.volumes.filter((one) => !one.startsWith(".")))
    expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
  expect(existsSync(join(folder, claw.build, "Dockerfile"))).toBe(true);
});
