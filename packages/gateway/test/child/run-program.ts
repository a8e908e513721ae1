import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleProgram } from "../../../../scripts/bundle-program.mjs";

// Less than the time of a test, so that the lines of a program that hangs are in the error.
const TIMEOUT_MS = 50_000;

/** Runs a program with plain Node. Returns its lines, or rejects with them if it dies or hangs. */
export async function runProgram(url: URL): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "program-"));
  try {
    const program = await bundleProgram(url, folder);
    const options = { timeout: TIMEOUT_MS };
    const { stdout } = await promisify(execFile)(process.execPath, [program], options).catch(
      (error: Error & { stdout: string }) => {
        throw new Error(`${error.stdout}\n${error.message}`, { cause: error });
      },
    );
    return stdout.trimEnd().split("\n");
  } finally {
    await rm(folder, { recursive: true });
  }
}
