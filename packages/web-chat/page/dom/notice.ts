/** Something that was done, told at the edge of the page for some seconds. */
export type Notice =
  | { readonly kind: "deleted" | "archived"; readonly title: string; readonly undo: () => void }
  | { readonly kind: "unarchived" | "forked" }
  /** It was not done. */
  | { readonly kind: "failed"; readonly error: unknown };
