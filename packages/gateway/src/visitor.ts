/** Whose connection it is. Sessions belong to the principal that created them. */
export interface Principal {
  /** Stable; kept as the `owner` of sessions. */
  id: string;
}

/** Who connects, and the key of the sessions that it gets. */
export interface Visitor {
  principal: Principal | undefined;
  key: string;
}
