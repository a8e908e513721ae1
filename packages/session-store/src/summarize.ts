import type { Checkpoint } from "./checkpoint.ts";
import { nextSummary, type Summary } from "./summary.ts";
import { assertVersion, type OpenTranscript, readLines } from "./transcript-reader.ts";

/** Adds the lines after a checkpoint to its summary. `end`: where the last whole line ends. */
export async function summarize(
  transcript: OpenTranscript,
  { summary, bytes }: Checkpoint,
): Promise<{ summary: Summary; end: number; terminated: boolean }> {
  let end = bytes;
  let terminated = true;
  for await (const lines of readLines(transcript, { start: bytes })) {
    for (const { raw, line } of lines) {
      if (line.kind === "header") assertVersion(line.header.v);
      summary = nextSummary(summary, line);
      ({ end, terminated } = raw);
    }
  }
  return { summary, end, terminated };
}
