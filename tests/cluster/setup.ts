import { chmodSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../../packages/postgres/test/server/postgres-server.ts";
import { bundleProgram } from "../../scripts/bundle-program.mjs";
import type { StoredLine } from "./checker.ts";
import type { Mark } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import { type NodeListener, NodeProcess } from "./node-process.ts";
import { Relay, type Target } from "./relays.ts";

export interface ClusterOptions {
  readonly folder: string;
  readonly nodeCount: number;
  readonly durability?: "os" | "disk";
  readonly leaseMs?: number;
  /** The machine of the first node. @default this one */
  readonly machine?: Machine | undefined;
}

/** A node with the relay between it and the database. */
export interface Member {
  readonly node: NodeProcess;
  readonly link: Relay;
  isHealthy: boolean;
}

// The times of a load balancer that checks the health of its targets.
const CHECK_MS = 250;
const CHECK_TIMEOUT_MS = 1_500;

/** Several nodes, one database, and a load balancer that gives each connection to the node with the fewest. */
export class TestCluster {
  readonly server: PostgresServer;
  readonly members: readonly Member[];
  readonly balancer: Relay;
  /** The machine of the first node, if that has one of its own. */
  readonly machine: Machine | undefined;
  /** Failures that the nodes reported. */
  readonly failures: string[];
  /** Steps of the nodes, the load balancer and the database. */
  readonly marks: Mark[];
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    parts: Pick<TestCluster, "server" | "members" | "balancer" | "machine" | "failures" | "marks">,
  ) {
    this.server = parts.server;
    this.members = parts.members;
    this.balancer = parts.balancer;
    this.machine = parts.machine;
    this.failures = parts.failures;
    this.marks = parts.marks;
  }

  static async start({ folder, nodeCount, ...options }: ClusterOptions): Promise<TestCluster> {
    const { durability = "disk", leaseMs = 3_000, machine } = options;
    const program = await bundleProgram(new URL("./node-program.ts", import.meta.url), folder);
    const server = await startPostgres(machine && reachableFrom(machine, folder));
    const failures: string[] = [];
    const marks: Mark[] = [];
    const listener: NodeListener = {
      onFailure: (text) => failures.push(text),
      onStep: (text) => marks.push({ at: Date.now(), text }),
    };
    const members: Member[] = [];
    for (let index = 0; index < nodeCount; index += 1) {
      const link = await Relay.start(() => ({ host: "127.0.0.1", port: server.port }));
      const own = { name: `node-${index + 1}`, durability, leaseMs };
      // The database must notice itself that another machine vanished, without a relay.
      const nodeOptions =
        machine && index === 0 ? { ...own, port: server.port, machine } : { ...own, port: link.port };
      const node = new NodeProcess(program, nodeOptions, listener);
      members.push({ node, link, isHealthy: true });
    }
    try {
      await Promise.all(members.map(({ node }) => node.start()));
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    const balancer: Relay = await Relay.start(() => cluster.#nextTarget());
    const cluster = new TestCluster({ server, members, balancer, machine, failures, marks });
    cluster.#check();
    return cluster;
  }

  /** The lines of a session, in order. */
  async lines(sessionId: string): Promise<StoredLine[]> {
    const text = `select e.seq::int as seq, e.line from mini_openclaw.entries e
      join mini_openclaw.sessions s on s.num = e.sid where s.id = $1 order by e.seq`;
    return (await this.server.run(text, [sessionId])) as unknown as StoredLine[];
  }

  /** Marks a step, for the report of a long gap. */
  readonly mark = (text: string): void => {
    this.marks.push({ at: Date.now(), text });
  };

  /** The node that owns the most sessions. */
  async busiest(): Promise<Member> {
    const text = `select n.name from mini_openclaw.nodes n join mini_openclaw.sessions s on s.node = n.id
      group by n.name order by count(*) desc limit 1`;
    const [row] = await this.server.run(text);
    const member = this.members.find(({ node }) => node.name === row?.["name"]) ?? this.members[0];
    if (!member) throw new Error("The cluster has no node.");
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.balancer.close();
    await Promise.all(this.members.map(({ node }) => node.kill()));
    await Promise.all(this.members.map(({ link }) => link.close()));
    await this.server[Symbol.asyncDispose]();
  }

  /**
   * Returns the node with the fewest connections. They last, so that by turns a node that was
   * started again would stay empty, and the others would have more after each fault.
   */
  #nextTarget(): Target | undefined {
    const targets = this.members.flatMap(({ node, isHealthy }) => (isHealthy ? (node.target ?? []) : []));
    const counts = targets.map((target) => this.balancer.countOf(target));
    return targets[counts.indexOf(Math.min(...counts))];
  }

  /** Checks the health of the nodes, and cuts the connections of those that do not answer. */
  #check(): void {
    const check = async () => {
      await Promise.all(
        this.members.map(async (member) => {
          const { target } = member.node;
          const wasHealthy = member.isHealthy;
          member.isHealthy = target !== undefined && (await answers(target));
          if (wasHealthy && !member.isHealthy) this.mark(`the load balancer leaves out ${member.node.name}`);
          if (target && !member.isHealthy) this.balancer.cut(target);
        }),
      );
      this.#check();
    };
    this.#timer = setTimeout(() => void check(), CHECK_MS);
  }
}

/** Returns settings of a database that nodes on another machine reach too. */
function reachableFrom({ host, address }: Machine, folder: string): Record<string, string> {
  const rules = join(folder, "pg_hba.conf");
  writeFileSync(rules, `host all all 127.0.0.1/32 trust\nhost all all ${address}/32 trust\n`);
  // The server runs as another user.
  chmodSync(folder, 0o755);
  return { listen_addresses: `127.0.0.1,${host}`, hba_file: rules };
}

function answers(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ ...target, path: "/readyz", timeout: CHECK_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
