import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { mustBe } from "@mini-openclaw/protocol/shared";
import type { Command } from "./command.ts";
import { jsonLine, safe, UsageError } from "./terminal.ts";

interface CopyOptions {
  folder: string;
  url: string;
  direction: "to" | "from";
  schema?: string;
}

/** The part of `@mini-openclaw/postgres` that the command uses. This package does not need it. */
interface Postgres {
  copySessions(
    this: void,
    options: CopyOptions,
  ): Promise<{
    copied: string[];
    unchanged: string[];
    skipped: { sessionId: string; reason: string }[];
  }>;
}

const PACKAGE = "@mini-openclaw/postgres";

/** Copies all sessions between the folder and a database. */
export const copy: Command = {
  usage: "<to|from> <postgres url>",
  count: [2, 2],
  options: ["schema"],
  async run({ args: [direction, url = ""], folder, schema, json }, { terminal }) {
    if (direction !== "to" && direction !== "from") {
      throw new UsageError(mustBe("direction", "to or from", direction));
    }
    const { copySessions } = await loadPostgres();
    const { copied, unchanged, skipped } = await copySessions({
      ...{ folder, url, direction },
      ...(schema !== undefined && { schema }),
    });
    if (json) terminal.out(jsonLine({ copied, unchanged, skipped }));
    else {
      terminal.out(`Copied ${copied.length} sessions. ${unchanged.length} were there already.\n`);
      for (const { sessionId, reason } of skipped) terminal.err(safe(`Skipped ${sessionId}: ${reason}\n`));
    }
    return skipped.length > 0 ? 1 : 0;
  },
};

/** Loads the package from the folder of the app. @throws UsageError if it is not installed */
async function loadPostgres(): Promise<Postgres> {
  let path: string;
  try {
    path = createRequire(join(process.cwd(), "package.json")).resolve(PACKAGE);
  } catch {
    throw new UsageError(`The command copy needs ${PACKAGE}. Install it with "npm install ${PACKAGE} pg".`);
  }
  return (await import(pathToFileURL(path).href)) as Postgres;
}
