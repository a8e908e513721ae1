/** The state of the device's network. */
export interface Network {
  /** True while the browser reports no network and the gateway does not answer. */
  readonly isOffline: boolean;
}

/**
 * Watches the network. Browsers notice that it is gone long before a silent connection ends.
 *
 * A gateway on the same device needs no network, so `probe` asks it for an answer.
 */
export function watchNetwork({
  probe,
  onChange,
  ...ends
}: {
  probe: () => Promise<unknown>;
  onChange: () => void;
  /** Ends the watch. */
  signal?: AbortSignal;
}): Network {
  let isOffline = false;
  function set(next: boolean): void {
    isOffline = next;
    onChange();
  }
  const onOffline = () => {
    set(true);
    probe().then(
      () => set(false),
      () => {
        // The connection reports its own failure.
      },
    );
  };
  window.addEventListener("offline", onOffline, ends);
  window.addEventListener("online", () => set(false), ends);
  return {
    get isOffline() {
      return isOffline;
    },
  };
}
