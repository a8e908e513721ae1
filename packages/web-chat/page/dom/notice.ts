/** The outcome of an action, shown at the edge of the page for some seconds. */
export type Notice =
  | { readonly kind: "deleted" | "archived"; readonly title: string; readonly undo: () => void }
  | { readonly kind: "unarchived" | "forked" }
  /** The action failed. */
  | { readonly kind: "failed"; readonly error: unknown };
