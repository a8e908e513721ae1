import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("./child/HttpClientOfJava.java", import.meta.url));

/** A JRE has no compiler, which `java File.java` needs (JEP 330, Java 11). */
const hasCompiler = await run("java", ["--list-modules"]).then(
  ({ stdout }) => stdout.includes("jdk.compiler"),
  () => false,
);
if (!hasCompiler) console.warn("Skipped: there is no JDK, so Java's HttpClient is not tried.");

test.runIf(hasCompiler)(
  "answers the HttpClient of Java as it comes, on a port of its own and beside an app",
  async () => {
    await using gateway = await testGateway();
    const app = createServer((request, response) => {
      if (!gateway.gateway.handleRequest(request, response, { path: "/claw" })) response.end("app");
    });
    gateway.gateway.attach(app, { path: "/claw" });
    app.listen(0, "127.0.0.1");
    await once(app, "listening");
    onTestFinished(() => {
      app.closeAllConnections();
      app.close();
    });
    const { port } = app.address() as AddressInfo;
    const own = `http://${gateway.address}`;

    const { stdout } = await run("java", [program, own, `http://127.0.0.1:${port}/claw`]);

    const expected = [
      "GET 200 HTTP_1_1",
      "POST 200 HTTP_1_1 completed",
      "POST 100 kB 200 HTTP_1_1 completed",
      "events 200 HTTP_1_1 completed",
      "DELETE 200 HTTP_1_1",
      "WebSocket connected",
    ];
    expect(stdout.trim().split("\n")).toEqual([...expected, ...expected]);
    expect(gateway.failures).toEqual([]);
  },
);
