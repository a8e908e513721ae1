import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { startServer, temporaryDirectory } from "../e2e/server.ts";
import { operate } from "./proxy.ts";

const folder = `${operate}monitoring/`;
const dashboard = JSON.parse(readFileSync(`${folder}dashboard.json`, "utf8")) as {
  panels: { id: number; title: string; gridPos: { x: number; w: number }; targets: { expr: string }[] }[];
};
const alerts = parse(readFileSync(`${folder}alerts.yml`, "utf8")) as {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
};
const scrape = parse(readFileSync(`${folder}prometheus.yml`, "utf8")) as {
  scrape_configs: { job_name: string; authorization: { credentials_file: string } }[];
};

const expressions = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
];
const metricsOf = (expr: string) => expr.match(/\b(?:mini_openclaw|nodejs|process)_\w+/g) ?? [];

test("every metric of the dashboard and the alerts exists on a server that has run", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServer(directory.path, { MINI_OPENCLAW_METRICS: "on" });
  const message = { method: "POST", headers: { "content-type": "application/json" } };
  const body = JSON.stringify({ content: "list the files" });
  await (await fetch(`${server.url}sessions/current/messages`, { ...message, body })).json();

  const text = await (await fetch(`${server.url}metrics`)).text();
  const known = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => `${name}${end}`) : [`${name}`],
    ),
  );

  const used = expressions.flatMap(metricsOf);
  expect(used.length).toBeGreaterThan(15);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
  // Labels of a selector or of a grouping.
  for (const label of ["outcome", "kind"]) expect(text).toMatch(new RegExp(`[{,]${label}="`));
});

test("the panels have their own ids and fit into the grid", () => {
  const { panels } = dashboard;

  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

test("the alerts watch the job that is scraped, and name what to do", () => {
  const [job] = scrape.scrape_configs;
  const rules = alerts.groups.flatMap((group) => group.rules);

  expect(rules.find(({ alert }) => alert === "MiniOpenClawDown")?.expr).toContain(`job="${job?.job_name}"`);
  for (const { annotations } of rules) expect(annotations.summary).toMatch(/^[A-Z].+\. .+\.$/);
});
