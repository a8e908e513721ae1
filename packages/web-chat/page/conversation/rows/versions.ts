import type { SessionView, ViewItem } from "@mini-openclaw/protocol";

/** The versions of an answer: the runs that answered the same messages, oldest first. */
export interface AnswerVersions {
  readonly runIds: readonly string[];
  /** The newest run, which is the only one that the model knows. */
  readonly newest: string;
}

/** The selected versions, by the newest run of each answer. */
export type SelectedVersions = ReadonlyMap<string, string>;

/** Returns the view with the selected versions of answers in place of the newest ones. */
export function withVersions(view: SessionView, selected: SelectedVersions): SessionView {
  const shown = new Map(
    [...selected].filter(([newest, runId]) => newest !== runId && !view.activeRuns.includes(newest)),
  );
  if (shown.size === 0) return view;
  const inserted = new Set<string>();
  const items = view.items.flatMap((item): readonly ViewItem[] => {
    const runId = isMessage(item) ? undefined : shown.get(item.runId ?? "");
    if (runId === undefined) return [item];
    if (inserted.has(runId)) return [];
    inserted.add(runId);
    return view.replaced.filter((other) => other.runId === runId);
  });
  return { ...view, items };
}

/** Returns a function that finds the versions of the answer of a run, if it has several. */
export function createVersionFinder({
  retries,
  replaced,
}: Pick<SessionView, "retries" | "replaced">): (runId: string) => AnswerVersions | undefined {
  if (retries.size === 0) return () => undefined;
  // A version shows something of the model. A run that only failed is none.
  const answered = new Set(replaced.flatMap((item) => (isAnswer(item) ? [item.runId] : [])));
  const newestOf = new Map([...retries].map(([newer, older]) => [older, newer]));
  return (runId) => {
    const newest = last(runId, newestOf);
    const older: string[] = [];
    // No chain is longer than the map, whatever the gateway sent.
    let run = retries.get(newest);
    for (let left = retries.size; left > 0 && run !== undefined; left -= 1) {
      older.unshift(run);
      run = retries.get(run);
    }
    const runIds = [...older.filter((run) => answered.has(run)), newest];
    return runIds.length > 1 ? { runIds, newest } : undefined;
  };
}

function last(runId: string, next: ReadonlyMap<string, string>): string {
  let run = runId;
  for (let left = next.size; left > 0; left -= 1) run = next.get(run) ?? run;
  return run;
}

function isMessage({ kind }: ViewItem): boolean {
  return kind === "user" || kind === "compaction";
}

function isAnswer(item: ViewItem): boolean {
  return item.kind === "tool" || (item.kind === "assistant" && item.content !== "");
}
