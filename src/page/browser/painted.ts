/** Ends when the browser has painted; at once in a tab that nobody sees, which paints nothing. */
function painted(): Promise<void> {
  if (document.visibilityState === "hidden") return Promise.resolve();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    requestAnimationFrame(() => port2.postMessage(null));
  });
}

/** Ends when what the server has drawn was seen, however fast the code is here. */
export async function untilSeen(): Promise<void> {
  if (document.querySelector("#still") !== null) await painted();
}
