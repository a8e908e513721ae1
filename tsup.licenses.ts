import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Creates a plugin that writes the license of each package in the bundles that share it. */
export function writeLicenses(to: string): Plugin {
  const folders = new Set<string>();
  return {
    name: "licenses",
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        for (const input of Object.keys(metafile?.inputs ?? {})) {
          const folder = packageOf(input);
          if (folder !== undefined) folders.add(folder);
        }
        mkdirSync(dirname(to), { recursive: true });
        const texts = [...folders].map(describe).sort();
        writeFileSync(to, texts.join(`\n${"-".repeat(80)}\n\n`));
      });
    },
  };
}

function packageOf(input: string): string | undefined {
  return /^(?:[\w-]+:)?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
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
