import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const packages = new URL("../../packages/", import.meta.url);

/** The names that an entry file exports; it may hold nothing but explicit exports. */
function exportedNames(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
  const statements = code.matchAll(/export (?:type )?\{([^}]*)\} from "[^"]+";/g);
  const names = [...statements].flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  const rest = code.replace(/export (?:type )?\{([^}]*)\} from "[^"]+";/g, "").trim();
  if (rest !== "") throw new Error(`An entry file must be a list of named exports, got:\n${rest}`);
  return names.filter((name) => name !== "").sort();
}

test("the public surface of every package is the committed one: growing it is a line in the diff", async () => {
  const lines: string[] = [];
  for (const name of readdirSync(packages).sort()) {
    const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), "utf8")) as {
      exports: Record<string, string | Record<string, string>>;
    };
    for (const [path, target] of Object.entries(manifest.exports)) {
      const file = typeof target === "string" ? undefined : target["@mini-openclaw/source"];
      // A file that is no module, or a script for browsers that exports nothing.
      if (file === undefined) continue;
      const source = readFileSync(new URL(`${name}/${file}`, packages), "utf8");
      lines.push(
        `${`@mini-openclaw/${name}${path.slice(1)}`}`,
        ...exportedNames(source).map((one) => `  ${one}`),
      );
    }
  }

  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("public-surface.txt");
});
