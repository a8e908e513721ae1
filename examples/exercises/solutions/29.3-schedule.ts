import type { GatewayServer } from "@mini-openclaw/gateway";

export interface Schedule {
  key: string;
  content: string;
  everyMs: number;
}

/**
 * Submits a schedule's message at each interval, from one interval after the call on. While a run
 * of the schedule is active, its next time is left out. Returns a function that ends the schedule.
 */
export function schedule(
  gateway: Pick<GatewayServer, "submit">,
  { key, content, everyMs }: Schedule,
): () => void {
  let isRunning = false;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      const { ended } = await gateway.submit({ key, content });
      await ended;
    } catch (error) {
      console.error("The schedule could not run.", error);
    } finally {
      isRunning = false;
    }
  };
  const timer = setInterval(() => void run(), everyMs);
  return () => clearInterval(timer);
}
