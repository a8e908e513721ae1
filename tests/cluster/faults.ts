import { setTimeout as wait } from "node:timers/promises";
import type { Member, TestCluster } from "./setup.ts";

/** Everything that may happen to a cluster on one machine. Nothing happens in `calm`. */
export const faultNames = ["calm", "kill", "pause", "freeze", "restart_database", "crash_database"] as const;
export type FaultName = (typeof faultNames)[number] | "vanish";

// Longer than a lease of three seconds, so that the others declare the node dead.
const AWAY_MS = 5_000;
const DOWN_MS = 1_000;

const faults: Readonly<Record<FaultName, (cluster: TestCluster, member: Member) => Promise<void>>> = {
  /** The gaps of a calm time are those of the machine, the model and the harness. */
  calm: () => wait(AWAY_MS),
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
  restart_database: (cluster) => restart(cluster, "fast"),
  crash_database: (cluster) => restart(cluster, "immediate"),
};

async function restart({ server, mark }: TestCluster, mode: "fast" | "immediate"): Promise<void> {
  mark("the database stops");
  await server.stop(mode);
  mark("the database starts");
  await server.start();
  mark("the database is ready");
}

/** Does a fault, and resolves when it is over. */
export async function cause(name: FaultName, cluster: TestCluster, member: Member): Promise<void> {
  await faults[name](cluster, member);
}
