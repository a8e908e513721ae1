import type { ConnectionLimits } from "../auth/connection-limits.ts";
import { addressOf } from "../auth/token.ts";
import { UpgradeHandler, type UpgradeHandlerDeps } from "../auth/upgrade-handler.ts";
import type { Dialect } from "../connection/dialect.ts";
import type { Dialects } from "../connection/dialects.ts";
import type { Observer } from "../observe/observer.ts";
import { createUpgrade, type Upgrade } from "../socket/ws-server.ts";

interface UpgradesDeps
  extends Omit<UpgradeHandlerDeps<Dialect>, "limits" | "upgradeTo" | "dialectOf" | "onRefused"> {
  dialects: Dialects;
  limits: ConnectionLimits & { maxFrameBytes: number };
  observer: Pick<Observer, "refusedUpgrade">;
}

/** Creates the part of a gateway that turns upgrades into connections. */
export function createUpgradeHandler({ dialects, observer, ...deps }: UpgradesDeps): UpgradeHandler<Dialect> {
  return new UpgradeHandler({
    ...deps,
    upgradeTo: upgradesBySize(dialects, deps.limits),
    dialectOf: (request, given) => dialects.ofRequest(request, given),
    onRefused: (refusal, request) => observer.refusedUpgrade(refusal, addressOf(request)),
  });
}

/**
 * Returns a function that finds the opener of WebSockets for a dialect. Dialects with frames of
 * another size have another one, because `ws` limits frames by server.
 */
function upgradesBySize(
  dialects: Dialects,
  { maxFrameBytes, heartbeatMs }: { maxFrameBytes: number; heartbeatMs: number },
): (dialect: Dialect) => Upgrade {
  const bySize = new Map<number, Upgrade>();
  return (dialect) => {
    const size = dialect.maxFrameBytes ?? maxFrameBytes;
    const upgrade =
      bySize.get(size) ??
      createUpgrade({
        maxFrameBytes: size,
        heartbeatMs,
        chooseSubprotocol: (offered) => dialects.choose(offered),
      });
    bySize.set(size, upgrade);
    return upgrade;
  };
}
