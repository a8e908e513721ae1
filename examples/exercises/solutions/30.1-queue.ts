/** Runs the tasks of one session one after the other. Sessions do not wait for each other. */
export type RunInSession = <Result>(sessionId: string, task: () => Promise<Result>) => Promise<Result>;

/** A task that fails rejects for its own caller, and the next task of the session still runs. */
export function createQueue(): RunInSession {
  const last = new Map<string, Promise<unknown>>();
  return (sessionId, task) => {
    const result = (last.get(sessionId) ?? Promise.resolve()).then(task);
    const settled = result.catch(() => {});
    last.set(sessionId, settled);
    // An entry for each session that ever was would be a leak.
    void settled.then(() => {
      if (last.get(sessionId) === settled) last.delete(sessionId);
    });
    return result;
  };
}
