import type { SessionMeta } from "@mini-openclaw/protocol";

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

/** Whether the session is the visitor's own, under whatever key. */
export function mayUse({ principal }: Visitor, session: SessionMeta): boolean {
  return session.owner === principal?.id;
}

/** Whether the session is among those that the visitor is shown. */
export function maySee(visitor: Visitor, session: SessionMeta): boolean {
  return mayUse(visitor, session) && session.key === visitor.key;
}
