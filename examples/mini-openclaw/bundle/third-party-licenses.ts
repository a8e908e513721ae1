import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Metafile {
  inputs: Record<string, unknown>;
}

/** Writes the license of each package that a bundle contains, and removes the bundle's metafile. */
export function writeLicenses(metafile: string, to: string): void {
  const { inputs } = JSON.parse(readFileSync(metafile, "utf8")) as Metafile;
  const folders = new Set(Object.keys(inputs).flatMap((input) => packageOf(input) ?? []));
  const texts = [...folders].map(describe).sort();
  writeFileSync(to, texts.join(`\n${"-".repeat(80)}\n\n`));
  rmSync(metafile);
}

function packageOf(input: string): string | undefined {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function describe(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? `License: ${license}\n` : readFileSync(join(folder, file), "utf8");
  return `${name} ${version}\n\n${text}`;
}
