import { setTimeout as wait } from "node:timers/promises";
import type { Member, TestCluster } from "./setup.ts";

/** Everything that may happen to a cluster on one machine. */
export const faultNames = ["kill", "pause", "freeze", "restart_database", "crash_database"] as const;
export type FaultName = (typeof faultNames)[number] | "vanish";

// Longer than a lease of three seconds, so that the others declare the node dead.
const AWAY_MS = 5_000;
const DOWN_MS = 1_000;

const faults: Readonly<Record<FaultName, (cluster: TestCluster, member: Member) => Promise<void>>> = {
  /** A node dies, and is started again a second later. */
  async kill(_cluster, { node }) {
    await node.kill();
    await wait(DOWN_MS);
    await node.start();
  },
  /** A node stands still, and is declared dead meanwhile. */
  pause: (_cluster, { node }) => node.pause(AWAY_MS),
  /** Nothing passes between a node and the database. */
  async freeze(_cluster, { link }) {
    link.freeze();
    await wait(AWAY_MS);
    link.thaw();
  },
  /** Every packet from and to the machine of the first node is dropped. */
  async vanish({ machine }) {
    machine?.vanish();
    await wait(AWAY_MS);
    machine?.comeBack();
  },
  async restart_database({ server }) {
    await server.stop("fast");
    await server.start();
  },
  async crash_database({ server }) {
    await server.stop("immediate");
    await server.start();
  },
};

/** Does a fault, and resolves when it is over. */
export async function cause(name: FaultName, cluster: TestCluster, member: Member): Promise<void> {
  await faults[name](cluster, member);
}
