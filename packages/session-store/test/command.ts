import { run } from "../src/cli/run.ts";

/** Runs a command line. Returns its output and its exit code. */
export async function command(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    isInteractive: false,
    hasColor: false,
  };
  const exitCode = await run(args, terminal, new AbortController().signal);
  return { exitCode, out, err };
}
