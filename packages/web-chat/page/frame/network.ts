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
}: {
  probe: () => Promise<unknown>;
  onChange: () => void;
}): Network {
  let isOffline = false;
  function set(next: boolean): void {
    isOffline = next;
    onChange();
  }
  window.addEventListener("offline", () => {
    set(true);
    probe().then(
      () => set(false),
      () => {
        // The connection reports its own failure.
      },
    );
  });
  window.addEventListener("online", () => set(false));
  return {
    get isOffline() {
      return isOffline;
    },
  };
}
