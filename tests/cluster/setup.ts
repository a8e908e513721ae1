import { get } from "node:http";
import { type PostgresServer, startPostgres } from "../../packages/postgres/test/server/postgres-server.ts";
import { bundleProgram } from "../../scripts/bundle-program.mjs";
import type { StoredLine } from "./checker.ts";
import { NodeProcess } from "./node-process.ts";
import { Relay } from "./relays.ts";

export interface ClusterOptions {
  readonly folder: string;
  readonly nodeCount: number;
  readonly durability?: "os" | "disk";
  readonly leaseMs?: number;
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

/** Several nodes, one database, and a load balancer that gives each connection to the next node. */
export class TestCluster {
  readonly server: PostgresServer;
  readonly members: readonly Member[];
  readonly balancer: Relay;
  /** Failures that the nodes reported. */
  readonly failures: string[];
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;

  private constructor(parts: Pick<TestCluster, "server" | "members" | "balancer" | "failures">) {
    this.server = parts.server;
    this.members = parts.members;
    this.balancer = parts.balancer;
    this.failures = parts.failures;
  }

  static async start({ folder, nodeCount, ...options }: ClusterOptions): Promise<TestCluster> {
    const { durability = "disk", leaseMs = 3_000 } = options;
    const program = await bundleProgram(new URL("./node-program.ts", import.meta.url), folder);
    const server = await startPostgres();
    const failures: string[] = [];
    const members: Member[] = [];
    for (let index = 0; index < nodeCount; index += 1) {
      const link = await Relay.start(() => server.port);
      const nodeOptions = { port: link.port, name: `node-${index + 1}`, durability, leaseMs };
      const node = new NodeProcess(program, nodeOptions, (text) => failures.push(text));
      members.push({ node, link, isHealthy: true });
    }
    try {
      await Promise.all(members.map(({ node }) => node.start()));
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    const balancer: Relay = await Relay.start(() => cluster.#nextPort());
    const cluster = new TestCluster({ server, members, balancer, failures });
    cluster.#check();
    return cluster;
  }

  /** The lines of a session, in order. */
  async lines(sessionId: string): Promise<StoredLine[]> {
    const text = `select e.seq::int as seq, e.line from mini_openclaw.entries e
      join mini_openclaw.sessions s on s.num = e.sid where s.id = $1 order by e.seq`;
    return (await this.server.run(text, [sessionId])) as unknown as StoredLine[];
  }

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

  #nextPort(): number | undefined {
    const ports = this.members.flatMap(({ node, isHealthy }) => (isHealthy ? (node.port ?? []) : []));
    this.#turn += 1;
    return ports[this.#turn % ports.length];
  }

  /** Checks the health of the nodes, and cuts the connections of those that do not answer. */
  #check(): void {
    const check = async () => {
      await Promise.all(
        this.members.map(async (member) => {
          const { port } = member.node;
          member.isHealthy = port !== undefined && (await answers(port));
          if (port !== undefined && !member.isHealthy) this.balancer.cut(port);
        }),
      );
      this.#check();
    };
    this.#timer = setTimeout(() => void check(), CHECK_MS);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { port, host: "127.0.0.1", path: "/readyz", timeout: CHECK_TIMEOUT_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
