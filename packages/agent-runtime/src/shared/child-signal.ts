/** A signal that follows its parent and can be aborted by itself. */
export interface ChildSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the parent. */
  dispose(): void;
}

/** Unlike `AbortSignal.any`, leaves nothing behind on a parent that lives long. */
export function followSignal(parent: AbortSignal): ChildSignal {
  const controller = new AbortController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose: () => parent.removeEventListener("abort", follow),
  };
}
