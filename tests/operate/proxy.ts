import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const operate = fileURLToPath(new URL("../../docs/operate/", import.meta.url));

/** A certificate for one name that nobody trusts. */
function createCertificate(folder: string, name: string): { cert: string; key: string } {
  const cert = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-days", "1", "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  execFileSync("openssl", [...args, ...subject, "-out", cert, "-keyout", key], { stdio: "ignore" });
  return { cert, key };
}

interface ProxyOptions {
  folder: string;
  /** The name that browsers use. */
  name: string;
  port: number;
  upstreamPort: number;
}

/** A proxy with TLS that runs. */
export interface Proxy extends AsyncDisposable {
  text: () => string;
}

/** Starts nginx with a file of `docs/operate/nginx`, with this machine's ports and certificate. */
export async function startNginx(
  file: string,
  { folder, name, port, upstreamPort }: ProxyOptions,
): Promise<Proxy> {
  const { cert, key } = createCertificate(folder, name);
  const server = readFileSync(join(operate, "nginx", file), "utf8")
    .replace("listen 443 ", `listen 127.0.0.1:${port} `)
    .replace(/(ssl_certificate +)\S+;/, `$1${cert};`)
    .replace(/(ssl_certificate_key +)\S+;/, `$1${key};`)
    .replaceAll("127.0.0.1:3210", `127.0.0.1:${upstreamPort}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  );
  mkdirSync(folder, { recursive: true });
  const main = join(folder, "nginx.conf");
  writeFileSync(
    main,
    [
      ...(process.getuid?.() === 0 ? ["user root;"] : []),
      "daemon off;",
      "worker_processes 1;",
      `pid ${folder}/nginx.pid;`,
      "error_log stderr warn;",
      "events { worker_connections 64; }",
      "http {",
      "  access_log off;",
      ...temporary,
      server,
      "}",
    ].join("\n"),
  );
  return startProxy("/usr/sbin/nginx", ["-p", folder, "-c", main, "-e", "stderr"], { folder, port });
}

/** Starts Caddy with the Caddyfile of `docs/operate`. */
export async function startCaddy({ folder, name, port, upstreamPort }: ProxyOptions): Promise<Proxy> {
  const { cert, key } = createCertificate(folder, name);
  const site = readFileSync(join(operate, "caddy", "Caddyfile"), "utf8")
    .replace("claw.example.com {", `https://${name}:${port} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}`)
    .replace("127.0.0.1:3210", `127.0.0.1:${upstreamPort}`);
  const file = join(folder, "Caddyfile");
  writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
  return startProxy("/usr/bin/caddy", ["run", "--config", file, "--adapter", "caddyfile"], { folder, port });
}

async function startProxy(
  command: string,
  args: readonly string[],
  { folder, port }: { folder: string; port: number },
): Promise<Proxy> {
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  const exited = once(child, "close");
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${command} did not start:\n${text}`);
  }
  return {
    text: () => text,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Tries to connect, and waits for the answer of the system. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(resolve, 20, false));
  });
}
