// A program whose callbacks all fail. It must print "done" at the end, and not die of an uncaught
// error. Arguments: the URL of a gateway, "throws" or "rejects".
import { WebSocket } from "ws";
import { type Client, type ConnectOptions, connect } from "../src/index.ts";

const [url = "", way] = process.argv.slice(2);
const unreachable = "ws://127.0.0.1:1/";

function fail(): never {
  if (way === "throws") throw new Error("fails");
  return Promise.reject(new Error("fails")) as never;
}

function failNow(): never {
  throw new Error("fails");
}

/** A class of WebSockets with one method that fails, from the socket number `from` on. */
function failing(method: "constructor" | "send" | "close" | "addEventListener", from = 0) {
  let count = 0;
  return class extends WebSocket {
    constructor(address: string) {
      super(address);
      count += 1;
      // `ws` ends the process for an error without a listener.
      this.on("error", () => undefined);
      if (count <= from) return;
      if (method === "constructor") {
        this.terminate();
        failNow();
      }
      // `ws` would end the process, too, if its listeners were missing. So it only throws.
      if (method === "addEventListener") this.addEventListener = failNow;
      else this[method] = fail;
    }
  };
}

interface Case extends Partial<ConnectOptions> {
  drive?: (client: Client, reported: Promise<void>) => unknown;
}

const cases: Record<string, Case> = {
  mayRetry: { url: unreachable, mayRetry: fail },
  onFailure: { url: unreachable, onFailure: fail },
  token: { token: fail },
  "listener of the connection": { drive: (client) => client.subscribe(fail) },
  "listener of a session": { drive: (client) => client.session().subscribe(fail) },
  "listener of session changes": {
    drive(client, reported) {
      client.onSessionChange(fail);
      void client.session().send("hi");
      return reported;
    },
  },
  "constructor of the WebSocket": { WebSocket: failing("constructor") },
  "constructor of the second WebSocket": { WebSocket: failing("constructor", 1) },
  "send of the WebSocket": { WebSocket: failing("send") },
  "send of the second WebSocket": { WebSocket: failing("send", 1) },
  "close of the WebSocket": { WebSocket: failing("close") },
  "addEventListener of the WebSocket": { WebSocket: failing("addEventListener") },
};

async function run({ drive = () => undefined, ...options }: Case): Promise<string> {
  const codes = new Set<string>();
  const sockets: WebSocket[] = [];
  let onReport = () => {};
  const reported = new Promise<void>((resolve) => {
    onReport = resolve;
  });
  const Base = (options.WebSocket ?? WebSocket) as typeof WebSocket;
  const client = connect({
    url,
    connectTimeoutMs: 200,
    onFailure({ code }) {
      codes.add(code);
      onReport();
    },
    ...options,
    WebSocket: class extends Base {
      constructor(address: string) {
        super(address);
        sockets.push(this);
      }
    },
  });
  const session = client.session();
  await drive(client, reported);
  for (let connection = 1; connection <= 2; connection += 1) {
    void session.send("hi");
    void session.sendAgain("none");
    void session.abort();
    void session.approve("none", "deny");
    // The connection opens or not, as the callback that fails has it.
    await client.connected().catch(() => undefined);
    sockets.at(-1)?.terminate();
    await lost(client);
    client.retryNow();
  }
  client.close();
  void session.send("late");
  void client.session().abort();
  // A rejection is reported before the next turn of the event loop.
  await new Promise((resolve) => void setImmediate(resolve));
  return [...codes].join(" ");
}

/** Resolves when the connection is lost or could not be made. */
function lost(client: Client): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (["waiting", "held"].includes(client.getSnapshot().phase)) resolve();
    };
    client.subscribe(look);
    look();
  });
}

async function main(): Promise<void> {
  for (const [name, one] of Object.entries(cases)) console.log(`${name}: ${await run(one)}`);
  console.log("done");
  process.exit();
}

void main();
