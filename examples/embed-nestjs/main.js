// The gateway in a NestJS app that is CommonJS. `require` can load the packages (Node 20.19 or
// newer).
require("reflect-metadata");
const { AgentRuntime } = require("@mini-openclaw/agent-runtime");
const { createScriptedProvider, says } = require("@mini-openclaw/agent-runtime/testing");
const { checkEmbedded } = require("@mini-openclaw/example-check");
const { GatewayServer } = require("@mini-openclaw/gateway");
const { createMemoryStore } = require("@mini-openclaw/session-store");
const { serveWebChat } = require("@mini-openclaw/web-chat");
const { Controller, Get, Module } = require("@nestjs/common");
const { HttpAdapterHost, NestFactory } = require("@nestjs/core");

/** A provider of the app. It attaches the gateway to the server, and closes it with the app. */
class GatewayService {
  gateway = new GatewayServer({
    // Yours: openSessionStore("./data/sessions") and createAnthropicProvider({ apiKey, model }).
    store: createMemoryStore(),
    agent: new AgentRuntime({ provider: createScriptedProvider([[says("Hello ", "from NestJS.")]]) }),
  });

  /** @param {HttpAdapterHost} host */
  constructor(host) {
    this.host = host;
  }

  onApplicationBootstrap() {
    this.gateway.attach(this.host.httpAdapter.getHttpServer(), { path: "/claw" });
  }

  beforeApplicationShutdown() {
    return this.gateway.close();
  }
}

const webChat = serveWebChat({ basePath: "/chat", webSocketPath: "/claw" });

/**
 * @type {(request: import("node:http").IncomingMessage, response:
 * import("node:http").ServerResponse, next: () => void) => void}
 */
function chatPage(request, response, next) {
  if (!webChat(request, response)) next();
}

class PageController {
  page() {
    return "The app's own page.";
  }
}

class AppModule {}

// The decorators of TypeScript, as function calls.
const { page } = Object.getOwnPropertyDescriptors(PageController.prototype);
Get()(PageController.prototype, "page", page);
Controller()(PageController);
Module({
  controllers: [PageController],
  providers: [
    {
      provide: GatewayService,
      inject: [HttpAdapterHost],
      useFactory: (/** @type {HttpAdapterHost} */ host) => new GatewayService(host),
    },
  ],
})(AppModule);

async function main() {
  const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
  app.use(chatPage);
  await app.listen(0, "127.0.0.1");
  await checkEmbedded(await app.getUrl(), "Hello from NestJS.");
  await app.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
