import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { operate } from "./proxy.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The tests that run or parse each file of `docs/operate`. */
const tests: Record<string, string[]> = {
  "README.md": ["tests/operate/readme.test.ts"],
  "backup/backup.sh": ["tests/operate/backup.test.ts"],
  "backup/restore.sh": ["tests/operate/backup.test.ts"],
  "caddy/Caddyfile": ["tests/operate/proxy.ts"],
  "docker/Dockerfile": ["tests/operate/docker.test.ts"],
  "docker/compose.yaml": ["tests/operate/docker.test.ts", "tests/operate/compose.test.ts"],
  "docker/contents.sh": ["tests/operate/docker.test.ts"],
  "monitoring/alerts.yml": ["tests/operate/monitoring.test.ts"],
  "monitoring/dashboard.json": ["tests/operate/monitoring.test.ts"],
  "monitoring/prometheus.yml": ["tests/operate/monitoring.test.ts"],
  "nginx/claw-path.conf": ["tests/operate/proxies.test.ts"],
  "nginx/claw.conf": ["tests/operate/proxies.test.ts"],
  "postgres.md": ["tests/operate/postgres.test.ts"],
  "systemd/mini-openclaw.service": ["tests/operate/service.test.ts"],
};

test("every file of docs/operate is run or parsed by a test", () => {
  const files = readdirSync(operate, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replace(operate, "").replace(/^\//, ""));

  expect(files.sort()).toEqual(Object.keys(tests).sort());
  for (const [file, names] of Object.entries(tests))
    for (const name of names) expect(readFileSync(root + name, "utf8")).toContain(basename(file));
});
