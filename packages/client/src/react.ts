export { useClient, useConnection } from "./react/use-client.ts";
export type { ShownSession } from "./react/use-session.ts";
export { useSession } from "./react/use-session.ts";
