// Runs the first program of READMEs as people paste it, with the packed packages.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

// Not here: agent-runtime asks a model, and postgres a database.
const STARTING_SERVERS = ["gateway", "web-chat", "ai-sdk", "openclaw-dialect"].map(readmeOf);
const ENDING = ["protocol", "session-store"].map(readmeOf);

/** The client's README speaks to the gateway's. Node 20 has no `WebSocket`. */
const CLIENT_BEGINS = 'import { WebSocket } from "ws";\nglobalThis.WebSocket ??= WebSocket;\n';

/**
 * Runs the programs in a project with `type: module`, by `import` and by `require`. Returns a line
 * for each one that fails.
 *
 * @param {string} project
 */
export function runReadmePrograms(project) {
  const stop = "\nprocess.exit();\n";
  const programs = new Map(ENDING.map((readme) => [readme, firstProgram(readme)]));
  for (const readme of ["README.md", "README.zh-CN.md", ...STARTING_SERVERS])
    programs.set(readme, firstProgram(readme).replaceAll(/\b(?:3000|3210|18789)\b/g, "0") + stop);
  const gateway = firstProgram(readmeOf("gateway")).replace("port: 3210", "port: 0");
  const client = firstProgram(readmeOf("client")).replace(
    '"ws://127.0.0.1:3210/"',
    "`ws://127.0.0.1:$" + "{port}/`",
  );
  programs.set(readmeOf("client"), `${CLIENT_BEGINS}${gateway}\n${client}${stop}`);
  return [...programs].flatMap(([readme, program]) =>
    Object.entries({ "program.js": program, "program.cjs": toRequire(program) }).flatMap(([file, text]) => {
      writeFileSync(join(project, file), text);
      try {
        const env = { ...process.env, ANTHROPIC_API_KEY: "key" };
        execFileSync(process.execPath, [file], { cwd: project, env, stdio: "pipe", timeout: 60_000 });
        return [];
      } catch (error) {
        return [`${readme}: its first program fails as ${file}: ${String(error)}`];
      }
    }),
  );
}

/** @param {string} name */
function readmeOf(name) {
  return `packages/${name}/README.md`;
}

/** @param {string} readme */
function firstProgram(readme) {
  const text = readFileSync(new URL(`../${readme}`, import.meta.url), "utf8");
  return /^```ts\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
}

/** @param {string} program */
function toRequire(program) {
  const required = program.replace(/^import (.+) from (".+");$/gm, "const $1 = require($2);");
  return `(async () => {\n${required}\n})();\n`;
}
